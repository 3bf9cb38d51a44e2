/** The reference on one page of Markdown, from typedoc's model: each name once, with the entries that have it. */
import { memberText, signatureText, typeText } from "./type-text.mjs";

const KIND = {
  variable: 32,
  function: 64,
  class: 128,
  interface: 256,
  constructor: 512,
  alias: 2097152,
  reference: 4194304,
};
const HEAD = `# API reference

Every name that a program can import, made from the docstrings by \`npm run docs\`; a test compares its names. \`keystone-auth\` is
\`keystone-auth/node\` in Node and \`keystone-auth/browser\` where a bundler builds for pages.
`;

const inlineOf = (parts = []) => parts.map(({ text }) => text).join("");
const oneLine = (text) => text.replaceAll(/\s*\n\s*/g, " ").trim();
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** What the docstring says; what is thrown comes behind it. */
function commentOf(comment) {
  if (comment === undefined) return "";
  const paragraphs = inlineOf(comment.summary)
    .split(/\n{2,}/)
    .map(oneLine);
  const tags = (comment.blockTags ?? []).map(({ tag, content }) => {
    const text = oneLine(inlineOf(content));
    return tag === "@throws" ? `Throws ${text.replace(/\.?$/, ".")}` : tag === "@returns" ? `Returns ${text}` : text;
  });
  return [...paragraphs, ...tags].filter(Boolean).join(" ");
}

const docOf = (item) => commentOf(item.comment ?? item.signatures?.[0].comment ?? item.getSignature?.comment);

function membersOf({ children = [] }) {
  return children
    .filter(({ kind, inheritedFrom }) => kind !== KIND.constructor && !isOfAllErrors(inheritedFrom))
    .map((child) => `- \`${memberText(child)}\`${docOf(child) && `  \n  ${docOf(child)}`}`);
}

/** What each error has from JavaScript, or from the base class, which has a section of its own. */
const isOfAllErrors = (inheritedFrom) => /^(?:Keystone\w+)?Error\./.test(inheritedFrom?.name ?? "");

function codeOf(item) {
  const { kind, name, signatures, children = [], extendedTypes = [], type } = item;
  if (kind === KIND.function) return signatureText(`function ${name}`, signatures[0]);
  if (kind === KIND.alias) return `type ${name} = ${typeText(type)}`;
  if (kind === KIND.variable) return `const ${name}: ${typeText(type)}`;
  const parents = extendedTypes
    .filter((parent) => parent.name !== "OidcClientCore")
    .map(typeText)
    .join(", ");
  if (kind === KIND.interface) return `interface ${name}${parents && ` extends ${parents}`}`;
  const head = `class ${name}${parents && ` extends ${parents}`}`;
  if (name !== "OidcClient") return head;
  const [made] = children.find((child) => child.kind === KIND.constructor).signatures;
  return `${head}\n${signatureText(`new ${name}`, { ...made, type: undefined })}`;
}

/** `[{ name, items, entries }]`, by the alphabet: a name that is a type and a value has one section. */
function sectionsOf(project) {
  const byId = new Map(project.children.flatMap((entry) => entry.children.map((item) => [item.id, item])));
  const sections = [];
  for (const entry of project.children) {
    for (const listed of entry.children) {
      const item = listed.kind === KIND.reference ? byId.get(listed.target) : listed;
      let section = sections.find(({ name, items }) => name === item.name && items.some((one) => isSame(one, item)));
      if (!section) sections.push((section = { name: item.name, items: [], entries: [] }));
      if (!section.items.some(({ kind }) => kind === item.kind)) section.items.push(item);
      if (!section.entries.includes(entry.name)) section.entries.push(entry.name);
    }
  }
  return sections.sort((a, b) => a.name.localeCompare(b.name, "en"));
}

/** The clients of Node and of pages have the same members; that of an Electron window has its own. */
function isSame(one, other) {
  const names = ({ children = [] }) => children.map(({ name }) => name).join();
  return one.id === other.id || one.kind !== other.kind || names(one) === names(other);
}

const importedAs = (entry) => (entry.startsWith("keystone-auth") ? entry : `keystone-auth/${entry}`);

function sectionText(section, heading) {
  const doc = [...new Set(section.items.map(docOf).filter(Boolean))].join(" ");
  const withMembers = section.items.filter(({ kind }) => [KIND.class, KIND.interface].includes(kind));
  const parts = [
    `## ${heading}`,
    `\`\`\`text\n${section.items.map(codeOf).join("\n")}\n\`\`\``,
    `From ${section.entries.map((entry) => `\`${importedAs(entry)}\``).join(", ")}.${doc && ` ${doc}`}`,
    withMembers.flatMap(membersOf).join("\n"),
  ];
  return parts.filter(Boolean).join("\n\n");
}

/** Entries in the order of the model; each is named as it is imported. */
export function markdownOf(project) {
  const sections = sectionsOf(project);
  const headingOf = (section) => {
    if (sections.filter(({ name }) => name === section.name).length === 1) return section.name;
    return `${section.name} (${section.entries.map((entry) => entry.replace("keystone-auth/", "")).join(", ")})`;
  };
  const rows = project.children.map(({ name }) => {
    const own = sections.filter(({ entries }) => entries.includes(name));
    const links = own.map((section) => `[${section.name}](#${anchorOf(headingOf(section))})`);
    return `| \`${importedAs(name)}\` | ${links.join(", ")} |`;
  });
  const texts = sections.map((section) => sectionText(section, headingOf(section)));
  return [HEAD, `| entry | names |\n| --- | --- |\n${rows.join("\n")}\n`, `${texts.join("\n\n")}\n`].join("\n");
}
