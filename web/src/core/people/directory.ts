/** The organisation's directory (R30), with everybody who could be taken for somebody that was found (R29). */
import type { DirectoryAnswer, Person } from '../contract.ts';
import type { Remote } from '../remote/remote.ts';
import { foldName } from './name.ts';
import type { People } from './people.ts';
import { isMistakable, similarGroups } from './similar.ts';

const shown = 40;
/** How many family names are looked up again for people with much the same name. */
const lookedUp = 3;
/** Of a family name, so that "Pattle" is found beside "Patel". */
const beginning = 3;

export async function searchDirectory(remote: Remote, people: People, query: string): Promise<DirectoryAnswer> {
  const { people: found, next } = await remote.people.find(query, undefined, shown);
  people.learn(found);
  const cards = found.filter(({ left }) => !left).map((each) => people.cardOf(each));
  const others = await doubles(remote, people, cards);
  const all = [...cards, ...others];
  return { people: all, similar: similarGroups(all), more: next !== undefined };
}

async function doubles(remote: Remote, people: People, found: readonly Person[]): Promise<Person[]> {
  const families = [...new Set(found.map(({ family }) => foldName(family).slice(0, beginning)))];
  const doubles = new Map<string, Person>();
  for (const family of families.filter((each) => each.length === beginning).slice(0, lookedUp)) {
    const { people: listed } = await remote.people.find(family);
    people.learn(listed);
    for (const other of listed.filter(({ left }) => !left).map((each) => people.cardOf(each))) {
      const known = found.some(({ id }) => id === other.id);
      if (!known && found.some((one) => isMistakable(one, other))) doubles.set(other.id, other);
    }
  }
  return [...doubles.values()];
}
