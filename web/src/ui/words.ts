/** Text at display: what belongs together does not break, and what differs between two names is found. */

const noBreak = '\u00a0';

const units =
  'mg|g|kg|mcg|micrograms?|milligrams?|grams?|nanograms?|ml|mL|l|L|litres?|units?|mmol|mmHg|mm|cm|m|kPa|bpm|mins?|minutes?|hrs?|hours?|h|days?|weeks?|tablets?|doses?|puffs?|drops?|°C|%';
const measured = new RegExp(`(\\d) (?=(?:${units})(?:\\b|/|$|\\s))`, 'g');
const labelled = /\b(BP|HR|RR|NEWS2?|GCS|temp|sats?|SpO2|lactate|CRP|INR|Hb|bed|bay|ward|bleep) (?=\d)/gi;
const nhsNumber = /\b(\d{3})[ -](\d{3})[ -](\d{4})\b/g;

/** A dose, a reading or a number in groups stays on one line. The characters stay the same apart from the kind of space. */
export function keepTogether(text: string): string {
  return breakable(text)
    .replace(measured, `$1${noBreak}`)
    .replace(labelled, `$1${noBreak}`)
    .replace(nhsNumber, `$1${noBreak}$2${noBreak}$3`);
}

const mayBreak = '\u200b';
const unbroken = /\S{400,}/g;

/** Gives places to break to a run without any: a browser takes half a minute to lay out twenty thousand joined letters otherwise. */
function breakable(text: string): string {
  return text.replace(unbroken, (run) => run.replace(/.{100}/gsu, `$&${mayBreak}`));
}

/** A text in pieces, each marked when the other texts do not have it. For two names that are alike (R29). */
export function markDifferences(text: string, others: string[]): { word: string; differs: boolean }[] {
  const known = others.map((other) => new Set(other.toLowerCase().split(/[\s,]+/)));
  const marked = text.split(/(\s+)/).map((word) => {
    const bare = word.toLowerCase().replace(/,$/, '');
    const differs = bare.trim() !== '' && known.some((words) => !words.has(bare));
    return { word, differs };
  });
  return joinNeighbours(marked);
}

/** Words that differ one after the other are one piece, with the space between them. */
function joinNeighbours(parts: { word: string; differs: boolean }[]): { word: string; differs: boolean }[] {
  const joined: { word: string; differs: boolean }[] = [];
  parts.forEach((part, at) => {
    const space = part.word.trim() === '';
    const differs = part.differs || (space && parts[at - 1]?.differs === true && parts[at + 1]?.differs === true);
    const last = joined.at(-1);
    if (last && last.differs === differs) last.word += part.word;
    else joined.push({ word: part.word, differs });
  });
  return joined;
}

/** Two letters for the circle beside a name: first and last, titles left out. */
export function initials(name: string): string {
  const words = name
    .split(/\s+/)
    .filter((word) => !/^(dr|mr|mrs|ms|miss|mx|sr|prof|professor|sir|dame)\.?$/i.test(word));
  const first = words[0]?.[0] ?? '';
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** "A", "A and B", "A, B and C". */
export function listed(words: string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
