/** What has an end of its own and holds no tags. */
const passages: readonly (readonly [string, string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
];

/**
 * What is wrong with the tags of an XML text, or null: one that is not closed, closes another, or lies too deep. The parser lets such
 * pass, and with them a file that is cut short. One pass over the text.
 */
export function tagProblem(text: string, deepest: number): string | null {
  const open: string[] = [];
  let at = text.indexOf('<');
  while (at >= 0) {
    const passage = passages.find(([begin]) => text.startsWith(begin, at));
    const end = passage === undefined ? tagEnd(text, at) : text.indexOf(passage[1], at + passage[0].length);
    if (end < 0) return `what begins at letter ${at} does not end`;
    if (passage === undefined) {
      const isEnd = text[at + 1] === '/';
      const name = nameAt(text, at + (isEnd ? 2 : 1), end);
      if (isEnd) {
        const begun = open.pop();
        if (begun !== name)
          return `</${name}> at letter ${at} closes ${begun === undefined ? 'nothing' : `<${begun}>`}`;
      } else if (text[end - 1] !== '/') open.push(name);
      if (open.length > deepest) return `has elements inside of more than ${deepest} others`;
    }
    at = text.indexOf('<', end);
  }
  return open.length === 0 ? null : `<${open.at(-1)!}> is not closed; is the file cut short?`;
}

/** Where the tag's `>` stands, which counts outside of quotes only; -1 when there is none. */
function tagEnd(text: string, from: number): number {
  let quote = '';
  for (let i = from + 1; i < text.length; i++) {
    const letter = text[i]!;
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '>') return i;
  }
  return -1;
}

function nameAt(text: string, from: number, end: number): string {
  let to = from;
  while (to < end && to < from + 100 && !' \t\r\n/'.includes(text[to]!)) to++;
  return text.slice(from, to);
}
