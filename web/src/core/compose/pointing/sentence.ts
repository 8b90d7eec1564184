/** One sentence, and what its words speak of: the ill, a place or a thing, people at work. */
import type { Stretch } from '../born.ts';
import type { Token } from './tokens.ts';
import * as of from './words.ts';

export class Sentence {
  readonly tokens: readonly Token[];
  readonly shouted: boolean;
  /** Words that are said of an ill person; of anybody or anything; of a place or thing; of people at work. */
  readonly care: number;
  readonly faint: number;
  readonly kit: number;
  readonly staff: number;
  readonly somebody: boolean;
  /** A ward or a department is named. */
  readonly setting: boolean;
  /** It speaks of what is done for everybody, or of a colleague who is away. */
  readonly general: boolean;
  readonly absence: boolean;

  readonly #care: boolean[];

  constructor(tokens: readonly Token[], shouted: boolean) {
    this.tokens = tokens;
    this.shouted = shouted;
    this.#care = tokens.map((_, at) => this.#saysCare(at));
    let [care, faint, kit, staff] = [0, 0, 0, 0];
    let [somebody, setting] = [false, false];
    tokens.forEach(({ word }, at) => {
      if (this.isCare(at)) care += 1;
      else if (of.faint.has(word)) faint += 1;
      if (this.isKit(at)) kit += 1;
      if (of.staff.has(word) && !this.isCare(at) && (word !== 'it' || tokens[at]?.raw === 'IT')) staff += 1;
      if (this.isPerson(at) || of.pronouns.has(word) || of.relatives.has(bare(word))) somebody = true;
      if (of.wards.has(word) || of.areas.has(word)) setting = true;
    });
    [this.care, this.faint, this.kit, this.staff] = [care, faint, kit, staff];
    [this.somebody, this.setting] = [somebody, setting];
    this.general = tokens.some(({ word }) => ofEverybody.has(word));
    this.absence = tokens.some((_, at) => this.isAbsence(at));
  }

  at(place: number): Token | undefined {
    return this.tokens[place];
  }

  word(place: number): string {
    return this.tokens[place]?.word ?? '';
  }

  isNumber(place: number): boolean {
    return this.tokens[place]?.kind === 'number';
  }

  /** Something that is said of a patient and, by itself, of nothing else. */
  isCare(at: number): boolean {
    return this.#care[at] === true;
  }

  #saysCare(at: number): boolean {
    if (this.tokens[at]?.kind === 'mark') return false;
    const word = bare(this.word(at));
    if (of.measures.has(word)) return word.length > 2 || hasValue(this, at);
    // "?torsion"
    const asked =
      this.word(at - 1) === '?' && this.at(at)?.glued === true && this.at(at - 1)?.glued !== true && word.length > 1;
    return asked || (of.care.has(word) && !of.faint.has(word)) || (word.length > 6 && of.clinical.test(word));
  }

  /** "ready for theatre", "when you are free": not of a place. */
  isOfPeople(at: number): boolean {
    const [word, next] = [this.word(at), this.word(at + 1)];
    if (word === 'ready') return next === 'for' || next === 'to';
    // "on the phone"; "when you are free".
    if (word === 'phone') return this.word(at - 1) === 'the';
    return (
      /^(?:free|available)$/.test(word) &&
      this.within(Math.max(0, at - 3), Math.min(3, at), (one) =>
        /^(?:when|if|you|u|ur|you're|youre|anyone|someone|anybody|somebody)$/.test(this.word(one)),
      )
    );
  }

  isKit(at: number): boolean {
    // "otoscope missing", but not "bed 7 missing".
    if (this.word(at) === 'missing')
      return (
        this.at(at - 1)?.kind === 'word' && !this.isPerson(at - 1) && !/^(?:is|gone|was|went)$/.test(this.word(at - 1))
      );
    if (this.word(at) === 'call' && this.word(at - 1) === 'nurse') return true;
    if (this.word(at) === 'broken' && this.within(at + 1, 2, (next) => this.isCare(next))) return false;
    return of.kit.has(this.word(at)) && !this.isOfPeople(at);
  }

  isPerson(at: number): boolean {
    const word = bare(this.word(at));
    // "OT and PT on the ward"
    const physio = this.at(at)?.raw === 'PT' && this.within(Math.max(0, at - 2), 5, (one) => this.word(one) === 'ot');
    if (of.patients.has(word)) return !physio && !this.isCompound(at);
    return of.people.has(word) && word !== 'one' && word !== 'dear' && !this.isColleague(at);
  }

  /** "patient transport", "pt's notes". */
  isCompound(at: number): boolean {
    return of.compounds.has(this.word(at + (this.word(at + 1) === '-' ? 2 : 1)));
  }

  /** "the man from estates", "the lady in HR". */
  isColleague(at: number): boolean {
    for (let next = at + 1; next <= at + 2; next += 1) {
      if (!/^(?:from|in|at|on|with)$/.test(this.word(next))) continue;
      const article = this.word(next + 1) === 'the' ? 2 : 1;
      return of.staff.has(this.word(next + article));
    }
    return of.staff.has(this.word(at + 1));
  }

  isAbsence(at: number): boolean {
    const [word, next] = [this.word(at), this.word(at + 1)];
    return (
      ofAbsence.has(word) || (word === 'off' && /^(?:for|sick|until|till|today|tomorrow|tonight|work|next)$/.test(next))
    );
  }

  /** Whether `test` takes one of `reach` places from `from` on. */
  within(from: number, reach: number, test: (at: number) => boolean): boolean {
    for (let at = from; at < Math.min(from + reach, this.tokens.length); at += 1) if (test(at)) return true;
    return false;
  }

  stretch(first: number, last: number): Stretch[] {
    const [from, to] = [this.tokens[first], this.tokens[last]];
    return from && to ? [{ start: from.start, end: to.end }] : [];
  }
}

const ofEverybody = new Set(
  'must should always never policy protocol guideline guidance remember ensure audit training survey'.split(' '),
);
/** "she was vomiting all night and won't be in": a colleague. */
const ofAbsence = new Set(
  "shift nights cover covering leave rota swap sick won't wont rang childminder school kids husband wife".split(' '),
);

export const bare = (word: string): string => (word.endsWith("'s") ? word.slice(0, -2) : word);

/** "K 6.1", "temp is 39", "bp: 80": a number within three tokens. */
export function hasValue(sentence: Sentence, at: number): boolean {
  return sentence.within(at + 1, 3, (next) => sentence.isNumber(next));
}
