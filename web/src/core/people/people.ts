/**
 * Everybody whom this client has to know: their verified logs, and what the directory says of them.
 *
 * Invariants:
 * - A log only grows; what does not continue it is refused, and the log stays as it was.
 * - A name is the one that the organisation bound to the person's identity, where the log is known; the directory adds role and ward.
 */
import { type Bytes, equal, hex } from '../../crypto/bytes.ts';
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import { type PersonLog, verifyPersonLog } from '../../crypto/person.ts';
import { Refusal } from '../../crypto/refusal.ts';
import type { Person } from '../contract.ts';
import { showMarks } from '../marks.ts';
import { type Profile, person as profileShape } from '../remote/shapes.ts';
import type { Remote } from '../remote/remote.ts';
import type { Trust } from '../session/trust.ts';
import type { Cabinet } from '../store/cabinet.ts';
import * as v from 'valibot';
import type { Ledger } from './ledger.ts';
import { splitName } from './name.ts';

const logsAtOnce = 200;

export type PeopleOptions = { remote: Remote; cabinet: Cabinet; trust: Trust; ledger: Ledger; organisation: string };

type Known = { log: PersonLog; entries: Bytes[] };

export class People {
  readonly #options: PeopleOptions;
  readonly #known = new Map<string, Known>();
  readonly #profiles = new Map<string, Profile>();
  readonly #asking = new Map<string, Promise<void>>();
  /** Logs are fetched one question after the other: whoever wants the same meanwhile finds it there. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /** What was kept on this device is verified again: it is ours, but cheap to check. */
  async load(): Promise<void> {
    const { cabinet, trust } = this.#options;
    for (const { name, value } of await cabinet.all('person', 'log/')) {
      const entries = value as Bytes[];
      try {
        const log = await verifyPersonLog(entries, trust.chain);
        if (uuidText(log.person) === name.slice('log/'.length)) this.#known.set(hex(log.person), { log, entries });
      } catch {
        // Made under another manifest chain or by an older version: it is fetched anew.
      }
    }
    for (const { value } of await cabinet.all('person', 'profile/')) {
      const parsed = v.safeParse(profileShape, value);
      if (parsed.success) this.#profiles.set(parsed.output.person, parsed.output);
    }
  }

  /** The witness that every verification takes. */
  readonly log = (person: Bytes): PersonLog | undefined => this.#known.get(hex(person))?.log;

  /** Takes a log that has been verified elsewhere: one's own. */
  adopt(log: PersonLog, entries: Bytes[]): void {
    this.#known.set(hex(log.person), { log, entries });
  }

  /** Fetches the logs of those who are not known. */
  ensure(people: Iterable<Bytes>): Promise<void> {
    return this.#inTurn(async () => {
      const missing = [...people].filter((person) => !this.#known.has(hex(person)));
      if (missing.length > 0) await this.#fetch(missing);
    });
  }

  /** Fetches what the logs of these people have grown by, with the places of their heads in the Merkle log. True when one of them did. */
  refresh(people: Iterable<Bytes> = this.#everyone()): Promise<boolean> {
    return this.#inTurn(() => this.#fetch(people));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #fetch(people: Iterable<Bytes>): Promise<boolean> {
    const wanted = new Map([...people].map((person) => [uuidText(person), person]));
    let grown = false;
    let refusal: Refusal | undefined;
    for (const page of pages([...wanted.keys()], logsAtOnce)) {
      const answer = await this.#page(page, wanted);
      if (answer.grown) grown = true;
      refusal ??= answer.refusal;
    }
    // One log that is refused keeps nobody else's out.
    if (refusal) throw refusal;
    return grown;
  }

  /**
   * Refuses before anything is sealed to a key that is not in the Merkle log (docs/protocol.md, section 11.3). What is missing is asked for
   * once, for everybody together. `anew`: a key is being sealed to, so the log must have been signed within a day.
   */
  async mustBeLogged(people: readonly Bytes[], anew: boolean): Promise<void> {
    const { ledger } = this.#options;
    const unproved = () => people.filter((person) => this.log(person) && !this.#isProved(person));
    const missing = unproved();
    if (!ledger.alarm && (missing.length > 0 || (anew && ledger.isOld))) {
      if (missing.length > 0) await this.refresh(missing);
      else await this.#inTurn(() => this.#page([], new Map()));
    }
    if (unproved().length > 0) throw ledger.refusal;
    if (anew && ledger.isOld) throw new Refusal('stale_log', 'the newest checkpoint is older than a day');
  }

  async #page(
    page: readonly string[],
    wanted: ReadonlyMap<string, Bytes>,
  ): Promise<{ grown: boolean; refusal: Refusal | undefined }> {
    const { remote, ledger, trust } = this.#options;
    const from = ledger.size;
    const asked = page.map((person) => {
      const id = wanted.get(person);
      return { person, afterSeq: this.#seqOf(id), prove: id !== undefined && !this.#isProved(id) };
    });
    const { logs, manifestVersion, ...checkpoint } = await remote.people.logs(asked, from);
    // What is in the answer may have been made under a manifest that came since.
    if (manifestVersion > trust.chain.current.version) await trust.refresh(manifestVersion);
    let grown = false;
    let refusal: Refusal | undefined;
    const places = [];
    for (const { person, entries, proof } of logs) {
      const id = wanted.get(person);
      if (!id) continue;
      try {
        if (entries.length > 0 && (await this.#extend(id, entries))) grown = true;
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown;
        refusal ??= thrown;
        continue;
      }
      const log = this.log(id);
      if (log && proof) places.push({ log, place: proof });
    }
    await ledger.take(from, checkpoint, places);
    return { grown, refusal };
  }

  /** Fetches the directory entries of those who have none here yet; who cannot be found keeps their bound name. */
  async describe(people: Iterable<Bytes>): Promise<boolean> {
    const missing = [...new Set([...people].map(uuidText))].filter((person) => !this.#profiles.has(person));
    await Promise.all(missing.map((person) => this.#profile(person)));
    return missing.some((person) => this.#profiles.has(person));
  }

  learn(profiles: Iterable<Profile>): void {
    for (const profile of profiles) this.#profiles.set(profile.person, profile);
  }

  profile(person: string): Profile | undefined {
    return this.#profiles.get(person);
  }

  /** A person as the screens show them. */
  card(person: Bytes): Person {
    const id = uuidText(person);
    const state = this.log(person)?.current;
    const profile = this.#profiles.get(id);
    const name = state?.displayName ?? profile?.displayName ?? 'Somebody unknown';
    return this.#card(id, name, profile?.role ?? state?.role ?? '', profile);
  }

  /** A directory entry as the screens show it. */
  cardOf(profile: Profile): Person {
    const log = this.#known.get(hex(fromUuidText(profile.person)))?.log;
    return this.#card(profile.person, log?.current.displayName ?? profile.displayName, profile.role, profile);
  }

  #card(id: string, called: string, role: string, profile: Profile | undefined): Person {
    const name = showMarks(called);
    const organisation = profile?.organisation || this.#options.organisation;
    return {
      id,
      name,
      ...splitName(name),
      role: showMarks(role) || 'Role not known',
      ...(profile?.ward ? { ward: profile.ward } : {}),
      organisation,
      outside: organisation !== this.#options.organisation,
      ...(profile?.enrolled === false ? { notEnrolled: true } : {}),
    };
  }

  #everyone(): Bytes[] {
    return [...this.#known.values()].map(({ log }) => log.person);
  }

  #isProved(person: Bytes): boolean {
    const log = this.log(person);
    return log !== undefined && this.#options.ledger.isProved(log);
  }

  #seqOf(person: Bytes | undefined): number {
    return person ? (this.log(person)?.current.seq ?? 0) : 0;
  }

  async #extend(person: Bytes, added: Bytes[]): Promise<boolean> {
    const before = this.#known.get(hex(person));
    const log = await verifyPersonLog(added, this.#options.trust.chain, before ? { from: before.log } : {});
    // Somebody else's log under this name is no log of this person.
    if (!equal(log.person, person)) return false;
    const present = this.#known.get(hex(person));
    if (present && present.log.current.seq >= log.current.seq) return false; // adopted meanwhile
    const entries = [...(before?.entries ?? []), ...added];
    this.#known.set(hex(person), { log, entries });
    await this.#options.cabinet.put('person', `log/${uuidText(person)}`, entries);
    return true;
  }

  #profile(person: string): Promise<void> {
    const asking =
      this.#asking.get(person) ??
      this.#options.remote.people
        .get(person)
        .then(async (profile) => {
          if (profile.person !== person) return;
          this.#profiles.set(person, profile);
          await this.#options.cabinet.put('person', `profile/${person}`, profile);
        })
        .catch(() => undefined)
        .finally(() => this.#asking.delete(person));
    this.#asking.set(person, asking);
    return asking;
  }
}

export function* pages<T>(of: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < of.length; at += size) yield of.slice(at, at + size);
}
