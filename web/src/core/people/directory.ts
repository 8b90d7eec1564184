/**
 * The organisation's directory (R30), with everybody who could be taken for somebody that was found (R29).
 *
 * What is found comes from the list on this device, without asking anybody. As long as there is none, and where it has nobody, the server is
 * asked.
 */
import type { DirectoryAnswer, Person, PersonId } from '../contract.ts';
import { Unreachable } from '../fault.ts';
import type { Profile } from '../remote/shapes.ts';
import type { Ward } from '../ward.ts';
import { type Alike, Finder, type Nearness } from './finder.ts';
import { foldName, splitName } from './name.ts';
import { similarGroups } from './similar.ts';
import { StaffList } from './staffList.ts';

const shown = 40;
/** Beside the first so many stand those who could be taken for them, also where nobody asked for those. */
const watched = 8;
/** So many of those, for one person and for all. */
const besideOne = 4;
const besideAll = 12;
/** How many family names the server is asked for again for people with much the same name. */
const lookedUp = 3;
/** Of a family name, so that "Pattle" is found beside "Patel". */
const beginning = 3;

export class Directory {
  readonly #ward: Ward;
  readonly #near: () => Nearness;
  readonly list: StaffList;

  /** `near` is asked for anew for each search. */
  constructor(ward: Ward, near: () => Nearness) {
    this.#ward = ward;
    this.#near = near;
    this.list = new StaffList(ward);
  }

  async search(query: string): Promise<DirectoryAnswer> {
    const finder = this.list.finder;
    const found = finder && matchesIn(finder, query, this.#near());
    this.list.freshen({ awaited: found?.people.some(({ enrolled }) => !enrolled) ?? false });
    if (found && found.people.length > 0) return this.#answer(found);
    try {
      // Somebody may have come since.
      return this.#answer(await this.#askServer(query));
    } catch (thrown) {
      if (found && thrown instanceof Unreachable) return this.#answer(found);
      throw thrown;
    }
  }

  #answer({ people: found, beside, alike, more }: Matches): DirectoryAnswer {
    const { people } = this.#ward;
    const profiles = [...found, ...beside];
    people.learn(profiles);
    const cards = new Map(profiles.map((each) => [each.person, people.cardOf(each)]));
    for (const [id, others] of alike) {
      const one = cards.get(id);
      for (const { person } of others) {
        const other = cards.get(person.person) ?? people.cardOf(person);
        if (!cards.has(person.person)) people.learn([person]);
        cards.set(person.person, other);
        // Nothing else tells the two apart.
        if (one && looksTheSame(one, other)) {
          one.account = profiles.find((each) => each.person === id)?.userName ?? '';
          other.account = person.userName;
        }
      }
    }
    const cardsOf = (of: readonly Profile[]) => of.flatMap(({ person }) => cards.get(person) ?? []);
    const all = cardsOf(profiles);
    const first = new Set([...found.slice(0, watched), ...beside].map(({ person }) => person));
    const mistakable = (a: Person, b: Person) =>
      [a, b].some((one) => alike.get(one.id)?.some(({ person }) => person.person === (one === a ? b : a).id));
    return {
      people: all,
      similar: similarGroups(all, mistakable).filter((group) => group.people.some((id) => first.has(id))),
      alike: Object.fromEntries(
        [...alike].flatMap(([id, others]) => {
          const close = others.filter(({ likeness }) => likeness === 'name').map(({ person }) => person);
          return close.length > 0 ? [[id, cardsOf(close.slice(0, besideOne))]] : [];
        }),
      ),
      more,
    };
  }

  async #askServer(query: string): Promise<Matches> {
    const { people: find } = this.#ward.remote;
    const { people, next } = await find.find(query, undefined, shown);
    const found = people.filter(({ left }) => !left);
    const families = [
      ...new Set(found.map(({ displayName }) => foldName(splitName(displayName).family).slice(0, beginning))),
    ];
    const known = new Map(found.map((each) => [each.person, each]));
    for (const family of families.filter((each) => each.length === beginning).slice(0, lookedUp)) {
      const listed = await find.find(family);
      for (const each of listed.people) if (!each.left) known.set(each.person, known.get(each.person) ?? each);
    }
    const finder = await Finder.of([...known.values()], { pause: () => Promise.resolve() });
    const near = this.#near();
    return {
      people: found,
      more: next !== undefined,
      ...besides(found, (each) => finder?.namesakes(each, near) ?? []),
    };
  }
}

export type Matches = {
  people: Profile[];
  /** Who was not asked for, and could be taken for one of the first. */
  beside: Profile[];
  /** For each who was found: who could be taken for them, nearest first. */
  alike: ReadonlyMap<PersonId, Alike[]>;
  more: boolean;
};

export function matchesIn(finder: Finder, query: string, near: Nearness): Matches {
  const { people, more } = finder.search(query, near, shown);
  return { people, more, ...besides(people, (each) => finder.namesakes(each, near)) };
}

function besides(
  found: readonly Profile[],
  namesakesOf: (person: Profile) => Alike[],
): Pick<Matches, 'beside' | 'alike'> {
  const here = new Set(found.map(({ person }) => person));
  const beside = new Map<PersonId, Profile>();
  const alike = new Map<PersonId, Alike[]>();
  for (const [at, each] of found.entries()) {
    const others = namesakesOf(each);
    if (others.length > 0) alike.set(each.person, others);
    if (at >= watched) continue;
    for (const { person } of others.slice(0, besideOne)) {
      if (!here.has(person.person) && beside.size < besideAll) beside.set(person.person, person);
    }
  }
  // Those too are told apart from whom they stand beside.
  for (const other of beside.values()) {
    const others = namesakesOf(other);
    if (others.length > 0) alike.set(other.person, others);
  }
  return { beside: [...beside.values()], alike };
}

const looksTheSame = (a: Person, b: Person): boolean =>
  foldName(a.name) === foldName(b.name) && a.role === b.role && a.ward === b.ward && a.organisation === b.organisation;
