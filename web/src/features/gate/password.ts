/** What a new password must be, in words (R23). */
import type { Enrolment, Person } from '../../core/contract.ts';

export type PasswordAbout = Pick<Enrolment, 'minPasswordLength' | 'username'> & { person: Pick<Person, 'family'> };

type Problem = { field: 'password' | 'again'; text: string };

export function passwordProblem(
  password: string,
  again: string,
  { minPasswordLength, username, person }: PasswordAbout,
): Problem | undefined {
  const length = Array.from(password).length;
  if (length === 0) return { field: 'password', text: 'Enter a new password' };
  if (length < minPasswordLength) {
    return { field: 'password', text: `Use at least ${minPasswordLength} characters; this has ${length}` };
  }
  if (/^(.)\1*$/u.test(password)) return { field: 'password', text: 'Use more than one character' };
  const plain = password.toLowerCase();
  const known = [username, person.family, 'wardline', 'password'].map((word) => word.toLowerCase());
  if (known.some((word) => word.length > 2 && plain.replaceAll(word, '').length < 6)) {
    return { field: 'password', text: 'This is too easy to guess: it is mostly your name or a common word' };
  }
  return password === again ? undefined : { field: 'again', text: 'The two are not the same' };
}
