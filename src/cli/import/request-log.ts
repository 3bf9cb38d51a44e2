/** The log of an import's own requests. What its client says of a session is left out: that one is none of the stored ones. */
import { isKeystoneAuthError } from "../../errors.js";
import type { Log } from "../../ports.js";

/** Nobody was reached then. */
const UNSENT = /: (ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

export class RequestLog implements Log {
  #hasSent = false;

  constructor(private readonly log: Log) {}

  readonly debug = (message: string): void => {
    if (message.startsWith("POST ")) this.#hasSent = !UNSENT.test(message);
    if (/^(GET|POST) /.test(message)) this.log.debug(message);
  };
  readonly info = (message: string): void => this.log.info(message);
  readonly warn = (message: string): void => this.log.warn(message);
  readonly error = (message: string): void => this.log.error(message);

  /** Whether the provider may have got the token, and nobody knows what it has made of it. */
  isUnanswered(fault: unknown): boolean {
    const isLost = isKeystoneAuthError(fault) && ["network", "timeout", "response"].includes(fault.code);
    const { status = 0 } = fault as { readonly status?: number };
    return isLost && this.#hasSent && status < 400;
  }
}
