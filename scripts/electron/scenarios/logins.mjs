/** The example, as it is, in a folder and in an archive. */
import { mkdirSync } from "node:fs";
import { must } from "../world.mjs";

const byClick = (program) => async (world) => {
  const settings = { program: world.programs[program], home: world.home() };
  const { opened, who } = await world.play("byClick", settings);
  must(opened.length === 1 && who === "Signed in as alice.", "It went otherwise", { opened: opened.length, who });
  const next = await world.play("stored", settings);
  must(next.opened.length === 0 && next.subject === "alice", "The next start has another session", next.subject);
};

export const LOGINS = [
  {
    name: "EL-04 start",
    says: "the sample is bundled to CommonJS without a warning, and starts",
    run: async (world) => {
      must(world.programs.warnings.length === 0, "The bundler warns", world.programs.warnings);
      const { who, versions } = await world.play("show");
      must(who === "Nobody is signed in.", "The window shows something else", who);
      world.versions = `Electron ${versions.electron}, Chrome ${versions.chrome}, Node ${versions.node}`;
      if (world.pictures === undefined) return;
      mkdirSync(world.pictures, { recursive: true });
      await world.play("pose", { env: { PICTURES: world.pictures } });
    },
  },
  {
    name: "login by click",
    says: "a click opens the browser once, the window has its token, and the next start has the session",
    run: byClick("files"),
  },
  {
    name: "login without click",
    says: "without a user's action no browser opens, and the error says what to do",
    run: async (world) => {
      const { opened, call, signIn } = await world.play("withoutClick");
      must(opened.length === 0, "A browser was opened");
      for (const error of [call, signIn])
        must(error?.code === "login_required" && /in a click/.test(error.message), "The error is another one", error);
    },
  },
  { name: "archive", says: "the same from within app.asar, its preload script too", run: byClick("packed") },
];
