/** R29: people and threads whose names could be taken for one another, so that nobody is chosen by mistake. */
import type { Person, SimilarGroup } from '../contract.ts';
import { foldName, isClose } from './name.ts';

/** Sets of at least two people who are written alike: the same or nearly the same family name, and the same initial. */
export function similarGroups(people: readonly Person[]): SimilarGroup[] {
  const left = [...people];
  const groups: SimilarGroup[] = [];
  for (let first = left.shift(); first; first = left.shift()) {
    const group = [first];
    // A person may be like one of the group and not like the first of it.
    for (const member of group) {
      for (const other of [...left]) {
        if (!isMistakable(member, other)) continue;
        group.push(other);
        left.splice(left.indexOf(other), 1);
      }
    }
    if (group.length > 1) groups.push({ label: labelOf(group), people: group.map(({ id }) => id) });
  }
  return groups;
}

export function isMistakable(a: Person, b: Person): boolean {
  if (!isClose(foldName(a.family), foldName(b.family))) return false;
  const [x, y] = [foldName(a.given), foldName(b.given)];
  return x[0] === y[0] || isClose(x, y);
}

/** "Dr A Patel". */
function labelOf(group: readonly Person[]): string {
  const [first] = group;
  if (!first) return '';
  const title = group.every((each) => each.title === first.title) ? first.title : undefined;
  const initial = group.every((each) => each.given[0] === first.given[0]) ? first.given[0] : first.given;
  return [title, initial, first.family].filter(Boolean).join(' ');
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
