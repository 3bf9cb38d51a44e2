/** Settings from the command line and from the environment. */
import type { OidcClientOptions, OidcFlow } from "../options/options.js";
import { usage, type Values } from "./arguments.js";
import type { Key } from "./config-keys.js";
import type { Env, Source } from "./settings.js";

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Values from one place, each with its name there. */
export interface Given {
  readonly options: Partial<OidcClientOptions>;
  readonly sources: Partial<Record<Key | "clientSecret", Source>>;
}

const words = (texts: readonly string[]) => texts.flatMap((text) => text.split(/\s+/)).filter((word) => word !== "");

function seconds(option: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw usage(option, `${option} must be a number of seconds.`);
  return Number(text);
}

export function readFlags(values: Values): Given {
  const options: Mutable<Partial<OidcClientOptions>> = {};
  const sources: Given["sources"] = {};
  const take = <Name extends Key>(name: Name, option: string, value: OidcClientOptions[Name] | undefined) => {
    if (value === undefined) return;
    options[name] = value as never;
    sources[name] = `option ${option}`;
  };
  const { scope, audience } = values;
  take("issuer", "--issuer", values.issuer);
  take("clientId", "--client-id", values["client-id"]);
  take("extraScopes", "--scope", scope && words(scope));
  take("audiences", "--audience", audience && words(audience));
  take("flow", "--flow", values.flow as OidcFlow | undefined);
  take("storageDirectory", "--storage-directory", values["storage-directory"]);
  take("allowInsecureLoopback", "--allow-insecure-loopback", values["allow-insecure-loopback"]);
  const [minValidity, loginTimeout] = [values["min-validity"], values["login-timeout"]];
  if (minValidity !== undefined) take("minValiditySeconds", "--min-validity", seconds("--min-validity", minValidity));
  if (loginTimeout !== undefined)
    take("loginTimeoutSeconds", "--login-timeout", seconds("--login-timeout", loginTimeout));
  return { options, sources };
}

/** A variable that is empty counts as not set. */
export function readEnvironment(env: Env): Given {
  const options: Mutable<Partial<OidcClientOptions>> = {};
  const sources: Given["sources"] = {};
  const take = (name: keyof Given["sources"], variable: string, read: (text: string) => unknown = (text) => text) => {
    const text = env[variable];
    if (text === undefined || text === "") return;
    options[name] = read(text) as never;
    sources[name] = `variable ${variable}`;
  };
  take("issuer", "CEGAL_KEYSTONE_URL");
  take("clientId", "CEGAL_KEYSTONE_CLIENT_ID");
  take("extraScopes", "CEGAL_KEYSTONE_SCOPES", (text) => words([text]));
  take("audiences", "CEGAL_KEYSTONE_AUDIENCES", (text) => words([text]));
  take("flow", "CEGAL_KEYSTONE_FLOW");
  take("storageDirectory", "CEGAL_KEYSTONE_AUTH_DIR");
  take("clientSecret", "CEGAL_KEYSTONE_CLIENT_SECRET");
  return { options, sources };
}
