/** The browser and the person before it, as a program that BROWSER can name: goes through the provider's pages at the address over HTTP. */
import { support } from "./prepare.mjs";

const [address] = process.argv.slice(2);
const { ScriptedUser } = await support("scripted-user");
const user = new ScriptedUser();
await (new URL(address).searchParams.has("response_type") ? user.signIn(address) : user.signOut(address));
