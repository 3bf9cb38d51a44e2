/**
 * Providers differ. Each shape here is that of a product in use, played by the fake provider as its stand-in: a program signs
 * in, refreshes twice, reads the claims and signs out. Those that the rules refuse stay in the table, with the reason.
 */
import { beforeAll, describe, test } from "vitest";
import { importLikeChromium } from "../support/import-like-chromium.js";
import { play } from "./play.js";
import { CONSUMER } from "./products/consumer.js";
import { ENTERPRISE } from "./products/enterprise.js";
import { FRAMEWORKS } from "./products/frameworks.js";
import { MICROSOFT } from "./products/microsoft.js";
import { REFUSED } from "./products/refused.js";
import { SELF_HOSTED } from "./products/self-hosted.js";
import { VALIDATED } from "./products/validated.js";
import { WORKFORCE } from "./products/workforce.js";
import type { Shape } from "./shape.js";

// What a page could not import, no program may live by.
beforeAll(importLikeChromium);

const title = ({ product, special, refused }: Shape) =>
  `${product}: ${special}${refused ? ` (refused: ${refused.why})` : ""}`;

describe.each<[string, readonly Shape[]]>([
  ["Microsoft", MICROSOFT],
  ["for a workforce", WORKFORCE],
  ["for enterprises", ENTERPRISE],
  ["self-hosted", SELF_HOSTED],
  ["made with a framework", FRAMEWORKS],
  ["for everybody", CONSUMER],
  ["whose access tokens are validated", VALIDATED],
  ["that the rules refuse", REFUSED],
])("providers %s", (_kind, shapes) => {
  // Most of a login's time is spent waiting: several at a time.
  test.concurrent.for(shapes.map((shape) => [title(shape), shape] as const))("%s", ([, shape], { onTestFinished }) =>
    play(shape, onTestFinished),
  );
});
