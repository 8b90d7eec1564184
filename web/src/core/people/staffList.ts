/**
 * The list of all staff on this device, for finding people without asking anybody. It comes in pages, in the background, once; after that only
 * what has changed. It is kept sealed with the directory entries: on a shared ward PC in memory, and there it is fetched when somebody is first looked for.
 *
 * Invariant: what is not complete is not searched.
 */
import * as v from 'valibot';
import type { PersonId } from '../contract.ts';
import { type Profile, person as profileShape, uuid } from '../remote/shapes.ts';
import type { Drawer, Filed } from '../store/cabinet.ts';
import type { Ward } from '../ward.ts';
import { Finder } from './finder.ts';

/** How long the list is taken for true without asking what has changed. */
const fresh = 60_000;
/** The same where somebody is wanted who had not set up Wardline yet: they may be doing it now. */
const freshWhileAwaited = 1000;
/** All of it is fetched anew so often, whatever the changes said. */
const wholeEvery = 7 * 24 * 60 * 60_000;
/** Nobody has more staff; a server that never ends is given up. */
const mostPages = 200;
/** Who has come since goes on the last page while it holds fewer than this. */
const roomy = 1000;

const kind = 'person';
const headName = 'staff';
const pageName = (at: number) => `staff/${String(at).padStart(3, '0')}`;

const headShape = v.object({
  /** When it was fetched as a whole, and as of when the server knows that this device has everything. */
  whole: v.number(),
  asOf: v.number(),
  /** How many pages are kept. */
  pages: v.pipe(v.number(), v.integer(), v.maxValue(mostPages)),
  /** Where it goes on, while it is not complete. */
  next: v.optional(uuid),
});
type Head = v.InferOutput<typeof headShape>;
type Times = Pick<Head, 'whole' | 'asOf'>;

export class StaffList {
  readonly #ward: Ward;
  #finder: Finder | undefined;
  #head: Head | undefined;
  #pages: Profile[][] = [];
  /** How many pages there may be in the cabinet. */
  #kept = 0;
  #loaded = false;
  #asked = Number.NEGATIVE_INFINITY;
  #working: Promise<void> | undefined;

  constructor(ward: Ward) {
    this.#ward = ward;
  }

  get finder(): Finder | undefined {
    return this.#finder;
  }

  /** Sees to it in the background that the list is there and of today. What fails is tried again a little later. */
  freshen({ awaited = false } = {}): void {
    const now = this.#ward.now();
    if (this.#working || now - this.#asked < (awaited ? freshWhileAwaited : fresh)) return;
    this.#asked = now;
    this.#working = this.#work()
      .catch(() => undefined)
      .finally(() => {
        this.#working = undefined;
      });
  }

  /** When what `freshen` began is done. */
  async settled(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    if (!this.#loaded) await this.#load();
    const before = this.#head;
    const now = this.#ward.now();
    const anew = !before || now - before.whole > wholeEvery || before.asOf > now + fresh;
    if (anew) await this.#fetchAll({ whole: now, asOf: 0 }, [], undefined);
    else if (before.next !== undefined) await this.#fetchAll(before, this.#pages, before.next);
    else await this.#fetchChanges(before);
  }

  async #load(): Promise<void> {
    const { cabinet } = this.#ward;
    const head = v.safeParse(headShape, await cabinet.get(kind, headName));
    this.#loaded = true;
    const pages: Profile[][] = [];
    for (let at = 0; head.success && at < head.output.pages; at++) {
      const page = v.safeParse(v.array(profileShape), await cabinet.get(kind, pageName(at)));
      // Without one of its pages it is no list.
      if (!page.success) return;
      pages.push(page.output);
      await this.#pause();
    }
    if (!head.success) return;
    this.#kept = pages.length;
    this.#head = head.output;
    this.#pages = pages;
    if (head.output.next === undefined) await this.#index();
  }

  /** The whole list, or the rest of it. What there was is searched until the new one is complete. */
  async #fetchAll({ whole, asOf }: Times, had: readonly Profile[][], from: PersonId | undefined): Promise<void> {
    const pages = [...had];
    let next = from;
    do {
      if (pages.length >= mostPages) throw new RangeError('the list of staff does not end');
      const page = await this.#ward.remote.people.list({ after: next });
      // What changed while the pages came is asked for from the first one on.
      if (pages.length === 0) asOf = page.asOf;
      pages.push(page.people.filter(({ left }) => !left));
      next = page.next;
      await this.#keep({ whole, asOf }, pages, [pages.length - 1], next);
      await this.#pause();
    } while (next !== undefined);
    await this.#index();
  }

  async #fetchChanges({ whole, asOf }: Times): Promise<void> {
    const changed = new Map<PersonId, Profile>();
    let until: number | undefined;
    let next: PersonId | undefined;
    for (let asked = 0; asked === 0 || next !== undefined; asked++) {
      if (asked >= mostPages) throw new RangeError('the changes do not end');
      const page = await this.#ward.remote.people.list({ after: next, since: asOf });
      for (const each of page.people) changed.set(each.person, each);
      until ??= page.asOf;
      next = page.next;
    }
    const pages = this.#pages.map((page) => [...page]);
    /** By other words than before, or nobody's any more: they are found in another way. */
    let reworded = false;
    const touched = new Set<number>();
    for (const [at, page] of pages.entries()) {
      for (const [place, each] of page.entries()) {
        const now = changed.get(each.person);
        if (!now) continue;
        if (!same(each, now)) {
          page[place] = now;
          touched.add(at);
          if (now.left || !sameWords(each, now)) reworded = true;
          else this.#finder?.update(now);
        }
        changed.delete(each.person);
      }
    }
    const came = [...changed.values()].filter(({ left }) => !left);
    if (came.length > 0) {
      const last = pages.length - 1;
      const at = (pages[last]?.length ?? roomy) < roomy ? last : pages.length;
      pages[at] = [...(pages[at] ?? []), ...came];
      touched.add(at);
    }
    for (const at of touched) pages[at] = (pages[at] ?? []).filter(({ left }) => !left);
    await this.#keep({ whole, asOf: until ?? asOf }, pages, [...touched]);
    if (reworded || came.length > 0) await this.#index();
  }

  async #keep({ whole, asOf }: Times, pages: Profile[][], touched: readonly number[], next?: PersonId): Promise<void> {
    const head: Head = { whole, asOf, pages: pages.length, ...(next === undefined ? {} : { next }) };
    const put: Filed[] = touched.map((at) => ({ kind, name: pageName(at), value: pages[at] ?? [] }));
    const remove: Drawer[] = [];
    // An earlier list was longer.
    if (next === undefined)
      for (let at = pages.length; at < this.#kept; at++) remove.push({ kind, name: pageName(at) });
    await this.#ward.cabinet.change({ put: [...put, { kind, name: headName, value: head }], remove });
    this.#kept = next === undefined ? pages.length : Math.max(this.#kept, pages.length);
    this.#head = head;
    this.#pages = pages;
  }

  async #index(): Promise<void> {
    const made = await Finder.of(this.#pages.flat(), { pause: () => this.#pause(), stopped: this.#ward.closed });
    if (made) this.#finder = made;
  }

  /** Lets whoever waits for the worker go first. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#ward.after(0, resolve);
    });
  }
}

const same = (a: Profile, b: Profile): boolean => sameWords(a, b) && a.enrolled === b.enrolled && a.left === b.left;

const sameWords = (a: Profile, b: Profile): boolean =>
  (['userName', 'displayName', 'role', 'ward', 'organisation'] as const).every((key) => a[key] === b[key]);
