/** Reads the HTML of our own renderer, which closes and quotes everything. Not a parser for anyone else's. */
export interface Element {
  tag: string;
  attributes: Readonly<Record<string, string>>;
}

const references: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', '#39': "'" };

function decode(text: string): string {
  return text.replace(/&(lt|gt|quot|amp|#39);/g, (_, name: string) => references[name] ?? '');
}

/** All elements in document order. */
export function readElements(html: string): Element[] {
  return [...html.matchAll(/<([a-z][a-z0-9]*)((?:\s+[^\s=>"'/]+(?:="[^"]*")?)*)\s*\/?>/g)].map((match) => {
    const attributes: Record<string, string> = {};
    for (const [, name = '', value = ''] of (match[2] ?? '').matchAll(/([^\s=>"'/]+)(?:="([^"]*)")?/g)) {
      attributes[name] = decode(value);
    }
    return { tag: match[1] ?? '', attributes };
  });
}

/** The source of each form, from `<form` to `</form>`. */
export function readForms(html: string): string[] {
  return [...html.matchAll(/<form\b.*?<\/form>/gs)].map(([form]) => form);
}
