/** Which of my threads could be taken for one another: by their names, and by the patients whom they are about (H10). */
import type { Namesake } from '../contract.ts';
import { namesakesAmong } from '../patient/namesakes.ts';
import { patientCard } from '../patient/patient.ts';
import { areNamesAlike } from '../people/similar.ts';
import { nameOf, spaceOf } from './head.ts';
import type { Thread } from './thread.ts';
import type { Threads } from './threads.ts';

/** Threads with the same kind of name, and what they are called. */
export function threadsLike(threads: Threads, name: string) {
  return threads.all.flatMap((thread) => {
    const { name: other } = nameOf(thread);
    if (!other || thread.left || !areNamesAlike(name, other)) return [];
    return [{ thread: thread.id, name: other, space: spaceOf(thread), people: thread.membership?.members.size ?? 0 }];
  });
}

/** The patients of my other threads who could be taken for this one's. */
export function namesakesOf(threads: Threads, thread: Thread): Namesake[] {
  if (!thread.patient) return [];
  const others = threads.patients().filter((each) => each.thread !== thread.id);
  return namesakesAmong(
    patientCard(thread.patient),
    others.map(({ patient }) => patient),
  );
}
