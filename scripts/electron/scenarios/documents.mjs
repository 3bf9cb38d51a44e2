/** Pages that go, pages that come, and strangers. */
import { must } from "../world.mjs";

const REFUSED = Array.from({ length: 4 }, () => "sender").join();

const leaving = (how, says) => ({
  name: `page: ${how}`,
  says: `${says} while its login is under way ends the login; another window signs in after it`,
  run: async (world) => {
    const { wasTaken, status, opened } = await world.play("leave", { env: { HOW: how } });
    must(wasTaken, "No port was waiting for the login's answer");
    must(opened.length === 2 && status === "signed_in", "The login after it went otherwise", { status });
  },
});

export const DOCUMENTS = [
  leaving("reload", "a reload"),
  leaving("navigate", "a navigation"),
  leaving("crash", "a crash of the page"),
  leaving("close", "closing the window"),
  leaving("destroy", "destroying the window"),
  {
    name: "EL-01 reloads",
    says: "20 reloads with a call under way: each new page is answered and told, each old call aborted",
    run: async (world) => {
      const { outcomes, aborted } = await world.play("reloads");
      const wrong = outcomes.filter((outcome) => outcome !== "string restored");
      must(wrong.length === 0 && outcomes.length === 20, "New pages went otherwise", wrong);
      must(aborted === 20, "Another number of old calls was aborted", aborted);
    },
  },
  {
    name: "stranger page",
    says: "pages of http:, data: and file: with the preload script get nothing, no event either",
    run: async (world) => {
      const { told, heard } = await world.play("strangers");
      for (const [scheme, answers] of Object.entries(told))
        must(answers.join() === REFUSED, `The ${scheme}: page is answered`, answers);
      must(heard.join() === "0,0,0", "They were told of events", heard);
    },
  },
  {
    name: "subframe",
    says: "frames inside the app's page get nothing, also of its own origin; the page itself is served",
    run: async (world) => {
      const { top, inside } = await world.play("subframes");
      must(top.join() === "served,served,served", "The page is not served", top);
      for (const answers of inside) must(answers.join() === REFUSED, "A frame is answered", answers);
    },
  },
];
