export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The character data directly inside, joined. */
  readonly text: string;
}

const NAME = "[A-Za-z_][A-Za-z0-9_.-]*";
const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

/**
 * Reads the part of XML 1.0 (https://www.w3.org/TR/xml/) that a report needs: declaration, elements,
 * attributes, text and the predefined entities. All else, and whatever is not well-formed, throws.
 */
export function readXml(text: string): XmlElement {
  // Production 2, Char: the only characters that a document may have, escaped or not.
  const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
  if (illegal) throw new Error(`U+${illegal[0].codePointAt(0)?.toString(16)} is not allowed`);
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(declaration)) throw new Error("the declaration is missing");
  const reader = new Reader(text.slice(declaration.length));
  const root = reader.element();
  if (reader.rest().trim() !== "") throw new Error("something follows the root element");
  return root;
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  rest(): string {
    return this.text.slice(this.at);
  }

  element(): XmlElement {
    const name = this.take(new RegExp(`<(${NAME})`, "y"));
    const attributes: Record<string, string> = {};
    const attribute = new RegExp(`\\s+(${NAME})="([^<"]*)"`, "y");
    for (let found = this.match(attribute); found; found = this.match(attribute)) {
      const [, key = "", value = ""] = found;
      if (Object.hasOwn(attributes, key)) throw new Error(`${key} stands twice in ${name}`);
      attributes[key] = decode(value);
    }
    if (this.match(/\s*\/>/y)) return { name, attributes, children: [], text: "" };
    this.take(/\s*(>)/y);
    const children: XmlElement[] = [];
    let text = "";
    for (;;) {
      const data = this.match(/[^<]+/y)?.[0] ?? "";
      if (data.includes("]]>")) throw new Error("]]> must not stand in text");
      text += decode(data);
      if (this.match(new RegExp(`</${name}\\s*>`, "y")))
        return { name, attributes, children, text };
      children.push(this.element());
    }
  }

  private take(pattern: RegExp): string {
    const found = this.match(pattern);
    if (!found) throw new Error(`not well-formed at ${JSON.stringify(this.rest().slice(0, 40))}`);
    return found[1] ?? "";
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }
}

function decode(text: string): string {
  return text.replace(/&([^;]*;?)/g, (_, name: string) => {
    const character = name.endsWith(";") ? ENTITIES[name.slice(0, -1)] : undefined;
    if (character === undefined) throw new Error(`&${name} is no predefined entity`);
    return character;
  });
}
