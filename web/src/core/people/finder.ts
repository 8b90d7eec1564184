/**
 * Finding people by a few letters among all staff, on the device (R29): by name, role and ward, in any order, with a letter wrong,
 * missing or out of place. 20,000 people are searched within a frame; measured in finder.bench.test.ts.
 *
 * Layout: the distinct words of everybody, sorted, each with how many letters it shares with the one before, so that one pass over them
 * compares a mistyped word with all of them and skips what cannot fit; for each word, who has it and in what.
 *
 * Invariant: what is written exactly comes before what is only nearly so; among equals those come first whom one writes to.
 */
import type { PersonId } from '../contract.ts';
import type { Profile } from '../remote/shapes.ts';
import { splitName } from './name.ts';
import { type Folded, folded, foldedLikeness, readsLike } from './similar.ts';
import { soundOf } from './sound.ts';
import { acronyms, nameWords, organisationWords, queryWords, roleWords, wardWords } from './staffWords.ts';

/** What a word is of, and what it costs that it is no name. */
const field = { name: 0, role: 2, acronym: 3, other: 5 } as const;
const prefixCost = 1;
const soundCost = 8;
const typoCost = 9;
const none = 255;

/** So many are taken apart before others may do something. */
const slice = 250;

/** How near somebody is to whoever searches: 3 whom they write to, 2 with whom they share a thread, 1 on their ward. */
export type Nearness = (person: Profile) => number;

export type Alike = { person: Profile; likeness: 'name' | 'initial' };
type NameLike = { likeness: Alike['likeness']; places: readonly number[]; same: boolean };
type Candidate = Alike & { place: number; same: boolean; near: number };

export type Found = { people: Profile[]; more: boolean };

export class Finder {
  readonly people: Profile[];
  readonly #names: readonly Folded[];
  readonly #places: ReadonlyMap<PersonId, number>;
  /** The place of each person in the order of names. */
  readonly #order: Uint32Array;
  readonly #words: WordList;
  readonly #bySound: ReadonlyMap<string, number[]>;
  readonly #families: Families;
  readonly #familiesBySound: ReadonlyMap<string, string[]>;
  /** By each way of leaving one letter out: names that are one letter apart have one of them in common. */
  readonly #familiesByRest: ReadonlyMap<string, string[]>;
  readonly #alike = new Map<string, NameLike[]>();

  private constructor(people: Profile[], parts: Parts, order: Uint32Array, words: WordList) {
    this.people = people;
    this.#names = parts.names;
    this.#places = parts.places;
    this.#order = order;
    this.#words = words;
    this.#bySound = groupBy(
      words.words.flatMap((word, place) => (parts.ofNames.has(word) && word.length > 2 ? [place] : [])),
      (place) => soundOf(words.words[place] ?? ''),
    );
    this.#families = parts.families;
    this.#familiesBySound = groupBy([...parts.families.keys()], soundOf);
    this.#familiesByRest = parts.rests;
  }

  /** In slices, between which `pause` lets others go on. `undefined` when it is told to stop. */
  static async of(
    people: readonly Profile[],
    { pause, stopped = () => false }: { pause: () => Promise<void>; stopped?: () => boolean },
  ): Promise<Finder | undefined> {
    const parts: Parts = {
      names: [],
      places: new Map(),
      words: new Map(),
      ofNames: new Set(),
      families: new Map(),
      rests: new Map(),
    };
    for (let from = 0; from < people.length; from += slice) {
      for (const [at, person] of people.slice(from, from + slice).entries()) take(parts, person, from + at);
      await pause();
      if (stopped()) return undefined;
    }
    const order = orderOf(parts.names);
    await pause();
    const words = wordList(parts.words);
    await pause();
    return stopped() ? undefined : new Finder([...people], parts, order, words);
  }

  /** Something else about somebody is different than the words by which they are found. */
  update(profile: Profile): void {
    const place = this.#places.get(profile.person);
    if (place !== undefined) this.people[place] = profile;
  }

  search(query: string, near: Nearness, limit: number): Found {
    const wanted = queryWords(query);
    if (wanted.length === 0) return { people: [], more: false };
    const exact = wanted.map((word) => this.#written(word));
    let best = this.#best(exact, near, limit);
    if (best.places.length < limit) {
      // Also what is nearly so, behind what is written exactly.
      const tolerant = wanted.map((word, at) => this.#nearly(word, exact[at] ?? new Uint8Array()));
      best = this.#best(tolerant, near, limit);
    }
    return { people: best.places.flatMap((place) => this.people[place] ?? []), more: best.more };
  }

  /** Everybody who could be taken for this person: those with the same name, or one that reads or sounds like it, nearest first. */
  namesakes(of: Profile, near: Nearness): Alike[] {
    const me = this.#places.get(of.person);
    const name = me === undefined ? undefined : this.#names[me];
    if (!name) return [];
    const found: Candidate[] = [];
    let initials: Candidate[] = [];
    for (const { likeness, same, places } of this.#namesLike(name)) {
      for (const place of places) {
        const person = this.people[place];
        if (place === me || !person) continue;
        (likeness === 'name' ? found : initials).push({ person, likeness, place, same, near: near(person) });
      }
    }
    // Where many people share family name and initial, a given name that is written out tells them apart well enough.
    if (found.length + initials.length > fewInitials) initials = [];
    const nearest = (list: Candidate[]) =>
      list.sort((a, b) => Number(b.same) - Number(a.same) || b.near - a.near || this.#compare(a.place, b.place));
    return [...nearest(found), ...nearest(initials)];
  }

  #compare(a: number, b: number): number {
    return (this.#order[a] ?? 0) - (this.#order[b] ?? 0);
  }

  /** Who has a name like this one. It is worked out once for each name. */
  #namesLike(name: Folded): NameLike[] {
    const key = `${name.family} ${name.given}`;
    let alike = this.#alike.get(key);
    if (!alike) {
      alike = this.#familiesLike(name.family).flatMap((family) =>
        [...(this.#families.get(family) ?? [])].flatMap(([given, places]) => {
          const likeness = foldedLikeness(name, { family, given });
          return likeness ? [{ likeness, places, same: family === name.family && given === name.given }] : [];
        }),
      );
      this.#alike.set(key, alike);
    }
    return alike;
  }

  /** Family names that read or sound like this one. */
  #familiesLike(family: string): string[] {
    const near = restsOf(family).flatMap((rest) => this.#familiesByRest.get(rest) ?? []);
    const sounding = this.#familiesBySound.get(soundOf(family)) ?? [];
    return [...new Set([...near, ...sounding])].filter((other) => readsLike(family, other));
  }

  /** What each person costs for a word that is the beginning of one of theirs. */
  #written(word: string): Uint8Array {
    const costs = new Uint8Array(this.people.length).fill(none);
    const { words } = this.#words;
    for (let at = firstFrom(words, word); words[at]?.startsWith(word); at++) {
      this.#charge(costs, at, words[at] === word ? 0 : prefixCost);
    }
    return costs;
  }

  /** The same, and what the word may stand for when it is mistyped or written as it sounds. */
  #nearly(word: string, exact: Uint8Array): Uint8Array {
    const costs = exact.slice();
    if (word.length < 4 || /\d/.test(word)) return costs;
    for (const at of this.#bySound.get(soundOf(word)) ?? []) this.#charge(costs, at, soundCost);
    const allowed = word.length < 8 ? 1 : 2;
    this.#mistyped(word, allowed, (at, typos, whole) =>
      this.#charge(costs, at, typoCost * typos + (whole ? 0 : prefixCost)),
    );
    return costs;
  }

  #charge(costs: Uint8Array, word: number, cost: number): void {
    const { starts, who: people, what: fields } = this.#words;
    const end = starts[word + 1] ?? 0;
    for (let at = starts[word] ?? 0; at < end; at++) {
      const who = people[at] ?? 0;
      const what = fields[at] ?? 0;
      // An abbreviation is what it is, whole.
      if (what === field.acronym && cost !== 0) continue;
      if (cost + what < (costs[who] ?? none)) costs[who] = cost + what;
    }
  }

  /**
   * Words of which the word is a mistyped beginning: letters changed, missing, too many, or in another's place. One row of distances for each
   * letter; the rows of the letters that a word shares with the one before are there already.
   */
  #mistyped(wanted: string, allowed: number, take: (word: number, typos: number, whole: boolean) => void): void {
    const width = wanted.length + 1;
    const deepest = wanted.length + allowed;
    const rows = new Uint8Array((deepest + 1) * width);
    for (let column = 0; column < width; column++) rows[column] = column;
    /** Up to which letter the rows are those of the word that is looked at, and at which one nothing can follow any more. */
    let valid = 0;
    let hopeless = none;
    const { words, shared: letters } = this.#words;
    for (const [at, word] of words.entries()) {
      const shared = letters[at] ?? 0;
      if (shared >= hopeless) continue;
      hopeless = none;
      valid = Math.min(valid, shared);
      const end = Math.min(word.length, deepest);
      for (let row = valid + 1; row <= end && hopeless === none; row++) {
        if (fill(rows, width, row, word, wanted) > allowed) hopeless = row;
        valid = row;
      }
      if (word.length < wanted.length - allowed) continue;
      const last = hopeless === none ? end : hopeless;
      const whole = word.length <= last ? (rows[word.length * width + wanted.length] ?? none) : none;
      // A beginning has as many letters as were typed, or "patel" would stand for every "pate…".
      let least = whole;
      for (let row = wanted.length; row <= last; row++) {
        least = Math.min(least, rows[row * width + wanted.length] ?? none);
      }
      if (least <= allowed && least > 0) take(at, least, whole === least);
    }
  }

  /** The cheapest people, in order, without sorting everybody. */
  #best(costs: readonly Uint8Array[], near: Nearness, limit: number): { places: number[]; more: boolean } {
    const places: number[] = [];
    const keys: number[] = [];
    let matched = 0;
    const count = this.people.length;
    for (let place = 0; place < count; place++) {
      let cost = 0;
      for (const each of costs) {
        const one = each[place] ?? none;
        if (one === none) {
          cost = none;
          break;
        }
        cost += one;
      }
      if (cost === none) continue;
      matched++;
      // Nobody who is near costs less than this.
      const worst = keys[limit - 1];
      if (worst !== undefined && (cost - 3) * count >= worst) continue;
      const person = this.people[place];
      const key = (cost - (person ? near(person) : 0)) * count + (this.#order[place] ?? 0);
      if (worst !== undefined && key >= worst) continue;
      let at = keys.length;
      while (at > 0 && (keys[at - 1] ?? 0) > key) at--;
      keys.splice(at, 0, key);
      places.splice(at, 0, place);
      if (keys.length > limit) {
        keys.pop();
        places.pop();
      }
    }
    return { places, more: matched > limit };
  }
}

/** With more people than this of one family name and initial, those are not set side by side who share no more. */
const fewInitials = 5;

/** All distinct words in order. */
type WordList = {
  words: readonly string[];
  /** How many letters each has in common with the one before. */
  shared: Uint8Array;
  /** Of each: where its people begin in `who`, with the fields in `what`. */
  starts: Uint32Array;
  who: Uint32Array;
  what: Uint8Array;
};

/** By family name and given name, folded. */
type Families = Map<string, Map<string, number[]>>;

type Parts = {
  names: Folded[];
  places: Map<PersonId, number>;
  /** Each word with pairs of person and field. */
  words: Map<string, number[]>;
  ofNames: Set<string>;
  families: Families;
  rests: Map<string, string[]>;
};

function take({ names, places, words, ofNames, families, rests }: Parts, profile: Profile, place: number): void {
  const name = folded(splitName(profile.displayName));
  names.push(name);
  places.set(profile.person, place);
  let family = families.get(name.family);
  if (!family) {
    families.set(name.family, (family = new Map<string, number[]>()));
    for (const rest of restsOf(name.family)) push(rests, rest, name.family);
    soundOf(name.family);
  }
  push(family, name.given, place);
  const put = (word: string, what: number) => {
    const postings = words.get(word);
    if (postings) postings.push(place, what);
    else words.set(word, [place, what]);
  };
  for (const word of nameWords(profile.displayName)) {
    put(word, field.name);
    if (ofNames.has(word)) continue;
    ofNames.add(word);
    // It is remembered, so that it is not all found out at the end.
    soundOf(word);
  }
  for (const word of roleWords(profile.role)) put(word, field.role);
  for (const word of acronyms(profile.role)) put(word, field.acronym);
  for (const word of wardWords(profile.ward)) put(word, field.role);
  for (const word of acronyms(profile.ward)) put(word, field.acronym);
  for (const word of organisationWords(profile.organisation)) put(word, field.other);
  put(profile.userName.toLowerCase(), field.other);
}

function wordList(of: ReadonlyMap<string, readonly number[]>): WordList {
  const words = [...of.keys()].sort();
  let total = 0;
  for (const { length } of of.values()) total += length / 2;
  const list = {
    words,
    shared: sharedLetters(words),
    starts: new Uint32Array(words.length + 1),
    who: new Uint32Array(total),
    what: new Uint8Array(total),
  };
  let at = 0;
  for (const [place, word] of words.entries()) {
    list.starts[place] = at;
    const postings = of.get(word) ?? [];
    for (let next = 0; next < postings.length; next += 2) {
      list.who[at] = postings[next] ?? 0;
      list.what[at] = postings[next + 1] ?? 0;
      at++;
    }
  }
  list.starts[words.length] = at;
  return list;
}

/** The word, and the word with each of its letters left out. */
const restsOf = (word: string): string[] => [
  word,
  ...Array.from(word, (_letter, at) => word.slice(0, at) + word.slice(at + 1)),
];

/** One row: the distances between the word's first `row` letters and each beginning of what is wanted. Answers the least of them. */
function fill(rows: Uint8Array, width: number, row: number, word: string, wanted: string): number {
  const here = row * width;
  const above = here - width;
  const letter = word.charCodeAt(row - 1);
  const before = row > 1 ? word.charCodeAt(row - 2) : 0;
  rows[here] = row;
  let least = row;
  for (let column = 1; column < width; column++) {
    const typed = wanted.charCodeAt(column - 1);
    let distance = (rows[above + column - 1] ?? none) + (letter === typed ? 0 : 1);
    distance = Math.min(distance, (rows[above + column] ?? none) + 1, (rows[here + column - 1] ?? none) + 1);
    if (row > 1 && column > 1 && before === typed && letter === wanted.charCodeAt(column - 2)) {
      distance = Math.min(distance, (rows[above - width + column - 2] ?? none) + 1);
    }
    rows[here + column] = distance;
    if (distance < least) least = distance;
  }
  return least;
}

function orderOf(names: readonly Folded[]): Uint32Array {
  const keys = names.map(({ family, given }) => `${family} ${given}`);
  const sorted = keys.map((_key, place) => place).sort((a, b) => compare(keys[a] ?? '', keys[b] ?? '') || a - b);
  const order = new Uint32Array(names.length);
  for (const [rank, place] of sorted.entries()) order[place] = rank;
  return order;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function sharedLetters(words: readonly string[]): Uint8Array {
  const shared = new Uint8Array(words.length);
  for (let at = 1; at < words.length; at++) {
    const [before, word] = [words[at - 1] ?? '', words[at] ?? ''];
    const most = Math.min(before.length, word.length, none - 1);
    let letters = 0;
    while (letters < most && before[letters] === word[letters]) letters++;
    shared[at] = letters;
  }
  return shared;
}

/** The place of the first word that is not before this one. */
function firstFrom(words: readonly string[], word: string): number {
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((words[middle] ?? '') < word) low = middle + 1;
    else high = middle;
  }
  return low;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) push(groups, keyOf(value), value);
  return groups;
}
