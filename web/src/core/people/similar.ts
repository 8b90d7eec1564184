/** R29: people and threads whose names could be taken for one another, so that nobody is chosen by mistake. */
import type { Person, SimilarGroup } from '../contract.ts';
import { foldName, isClose } from './name.ts';
import { soundsLike } from './sound.ts';

type Named = Pick<Person, 'family' | 'given'>;

/**
 * How alike two people's names are: `name` is the same name, one that is written nearly the same, or one that sounds the same;
 * `initial` is the same family name with another given name that begins alike, as two "J Smith".
 */
export type Likeness = 'name' | 'initial' | undefined;

export function likeness(a: Named, b: Named): Likeness {
  return foldedLikeness(folded(a), folded(b));
}

export const isMistakable = (a: Named, b: Named): boolean => likeness(a, b) !== undefined;

/** A name that is compared often. Of the given names only the first is what somebody is called by. */
export type Folded = { family: string; given: string };

export const folded = ({ family, given }: Named): Folded => ({
  family: foldName(family),
  given: foldName(given).split(' ')[0] ?? '',
});

export function foldedLikeness(a: Folded, b: Folded): Likeness {
  if (!readsLike(a.family, b.family)) return undefined;
  const [x, y] = [a.given, b.given];
  if (isGivenLike(x, y)) return 'name';
  return x[0] === y[0] ? 'initial' : undefined;
}

export const readsLike = (a: string, b: string): boolean => isClose(a, b) || soundsLike(a, b);

/** Also "Jon" and "Jonathan", and an initial alone. */
function isGivenLike(x: string, y: string): boolean {
  if (readsLike(x, y)) return true;
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  return (short.length === 1 || short.length > 2) && long.startsWith(short);
}

/** Sets of at least two people who could be taken for one another. */
export function similarGroups(
  people: readonly Person[],
  alike: (a: Person, b: Person) => boolean = isMistakable,
): SimilarGroup[] {
  const left = [...people];
  const groups: SimilarGroup[] = [];
  for (let first = left.shift(); first; first = left.shift()) {
    const group = [first];
    // A person may be like one of the group and not like the first of it.
    for (const member of group) {
      for (const other of [...left]) {
        if (!alike(member, other)) continue;
        group.push(other);
        left.splice(left.indexOf(other), 1);
      }
    }
    if (group.length > 1) groups.push({ label: labelOf(group), people: group.map(({ id }) => id) });
  }
  return groups;
}

/** "Dr A Patel"; "Catherine Reid or Kathryn Read" where the spelling is another. */
function labelOf(group: readonly Person[]): string {
  const [first] = group;
  if (!first) return '';
  const title = group.every((each) => each.title === first.title) ? first.title : undefined;
  const same = (of: (person: Person) => string) => group.every((each) => of(each) === of(first));
  const oneGiven = same(({ given }) => foldName(given));
  const oneInitial = same(({ given }) => given[0] ?? '');
  const labels = group.map(({ given, family }) =>
    [title, oneGiven ? first.given : oneInitial ? given[0] : given, family].filter(Boolean).join(' '),
  );
  return [...new Set(labels)].slice(0, 3).join(' or ');
}

/** Words that many names of teams have. */
const common = new Set([
  'the',
  'and',
  'of',
  'ward',
  'team',
  'group',
  'day',
  'night',
  'staff',
  'social',
  'unit',
  'for',
  'in',
  'at',
]);

/** "7B team" and "7B social"; "Stroke team" and "Strokes team". */
export function areNamesAlike(a: string, b: string): boolean {
  const [x, y] = [a, b].map((name) => foldName(name));
  if (!x || !y) return false;
  if (isClose(x.replaceAll(' ', ''), y.replaceAll(' ', ''))) return true;
  const telling = (name: string) =>
    name.split(' ').filter((word) => !common.has(word) && (word.length > 2 || /\d/.test(word)));
  return telling(x).some((word) => telling(y).some((other) => isClose(word, other)));
}
