import { describeAuthorizationAgent } from "../../contracts/authorization-agent.js";
import { createAgent, isClosed, knock } from "./knock.js";

describeAuthorizationAgent("LoopbackAgent", async () => ({
  agent: createAgent().agent,
  respond: async (redirectUri, response) => (await knock(redirectUri, `/?${response.toString()}`)).body,
  isReleased: isClosed,
}));
