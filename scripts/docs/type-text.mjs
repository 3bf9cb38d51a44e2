/** A type of typedoc's model as TypeScript writes it. */

const RENDERERS = {
  array: ({ elementType }) => `${grouped(elementType)}[]`,
  indexedAccess: ({ objectType, indexType }) => `${typeText(objectType)}[${typeText(indexType)}]`,
  intersection: ({ types }) => types.map(grouped).join(" & "),
  intrinsic: ({ name }) => name,
  literal: ({ value }) => JSON.stringify(value),
  namedTupleMember: ({ name, isOptional, element }) => `${name}${isOptional ? "?" : ""}: ${typeText(element)}`,
  predicate: ({ name, targetType }) => `${name} is ${typeText(targetType)}`,
  query: ({ queryType }) => `typeof ${typeText(queryType)}`,
  reference: ({ name, typeArguments }) => name + (typeArguments ? `<${typeArguments.map(typeText).join(", ")}>` : ""),
  reflection: ({ declaration }) => declarationText(declaration),
  tuple: ({ elements }) => `[${(elements ?? []).map(typeText).join(", ")}]`,
  typeOperator: ({ operator, target }) => `${operator} ${typeText(target)}`,
  union: ({ types }) => types.map(grouped).join(" | "),
};

/** A kind that is not known is a fault of this file, and not left out in silence. */
export function typeText(type) {
  const render = RENDERERS[type.type];
  if (render === undefined) throw new Error(`The type ${JSON.stringify(type)} has no text: add it in type-text.mjs.`);
  return render(type);
}

function grouped(type) {
  const text = typeText(type);
  const isCompound = ["union", "intersection", "typeOperator"].includes(type.type) || /=>/.test(text);
  return isCompound && !text.startsWith("{") ? `(${text})` : text;
}

function declarationText({ signatures, children = [], indexSignatures = [] }) {
  if (signatures) return signatureText("", signatures[0], " =>");
  const members = children.map((child) => memberText(child));
  const indexes = indexSignatures.map(
    ({ parameters: [{ name, type }], type: value }) => `[${name}: ${typeText(type)}]: ${typeText(value)}`,
  );
  return `{ ${[...members, ...indexes].join("; ")} }`;
}

/** `name(parameters): type`, or with another mark before the type. */
export function signatureText(name, { parameters = [], type, typeParameters }, mark = ":") {
  const given = parameters.map(({ name: parameter, type: taken, flags, defaultValue }) => {
    const isOptional = flags.isOptional || defaultValue !== undefined;
    return `${flags.isRest ? "..." : ""}${parameter}${isOptional ? "?" : ""}: ${typeText(taken)}`;
  });
  const types = typeParameters ? `<${typeParameters.map(typeParameterText).join(", ")}>` : "";
  return `${name}${types}(${given.join(", ")})${type ? `${mark} ${typeText(type)}` : ""}`;
}

const typeParameterText = ({ name, type }) => (type ? `${name} extends ${typeText(type)}` : name);

/** A property, accessor or method, on one line. */
export function memberText({ name, flags, type, signatures, getSignature }) {
  const before = flags.isStatic ? "static " : "";
  if (signatures) return before + signatureText(name + (flags.isOptional ? "?" : ""), signatures[0]);
  const value = getSignature?.type ?? type;
  return `${before}${name}${flags.isOptional ? "?" : ""}: ${typeText(value)}`;
}
