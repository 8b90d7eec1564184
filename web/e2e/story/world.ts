/** What the chapters of the story share: the ward, the browsers, the people, and every sentence that was said in confidence. */
import { join } from 'node:path';
import { Chromium, pc, phone } from '../harness/chromium.ts';
import { Looker, output } from '../harness/look.ts';
import { Human, Person } from '../harness/person.ts';
import { openWard, type Ward } from '../harness/ward.ts';
import type { Weighed } from '../harness/weight.ts';

/** Long enough for two browsers to show "In the record" before the originals go, short enough to wait for. */
const grace = '6s';

export class World {
  readonly ward: Ward;
  readonly chromium: Chromium;
  readonly looker: Looker;
  /** On her own phone, in the profile that is kept on disk. */
  readonly anita: Person;
  /** At a ward PC. */
  readonly fiona: Person;
  /** Words that may stand nowhere but on the screens of those who may read them. */
  readonly confidential = new Set<string>();
  readonly everybody: Person[] = [];
  readonly problems: string[] = [];
  readonly firstLoads: { how: string; files: Weighed[] }[] = [];

  private constructor(ward: Ward, chromium: Chromium, looker: Looker, anita: Person, fiona: Person) {
    this.ward = ward;
    this.chromium = chromium;
    this.looker = looker;
    this.anita = anita;
    this.fiona = fiona;
    this.everybody.push(anita, fiona);
  }

  /** `stay` is how long originals stay after the receipt. */
  static async open(stay = grace): Promise<World> {
    const [ward, chromium] = await Promise.all([openWard({ grace: stay }), Chromium.open()]);
    const looker = new Looker();
    const anita = new Human('Dr Anita Patel', 'anita.patel', 'three slow herons by the lock');
    const fiona = new Human('Dr Fiona Kerr', 'fiona.kerr', 'copper kettle on the window');
    const world = new World(
      ward,
      chromium,
      looker,
      await Person.at(chromium.kept, { human: anita, layout: phone, ward, looker }),
      await Person.atFresh(chromium, { human: fiona, layout: pc, ward, looker }),
    );
    world.confidential.add(anita.password).add(fiona.password);
    return world;
  }

  /** The same human at another browser. */
  async elsewhere(person: Person, layout = pc): Promise<Person> {
    const another = await Person.atFresh(this.chromium, {
      human: person.human,
      layout,
      ward: this.ward,
      looker: this.looker,
      whose: `${person.human.name}, another browser`,
    });
    this.everybody.push(another);
    return another;
  }

  /** Marks words as said in confidence and gives them back. */
  secret(words: string): string {
    this.confidential.add(words);
    return words;
  }

  /** What the watches of all browsers have seen since the last time. */
  collect(): string[] {
    this.problems.push(...this.everybody.flatMap((person) => person.watch.take()));
    return this.problems;
  }

  /** What everybody saw when a test failed, and what they were told. */
  async photograph(name: string): Promise<void> {
    for (const [at, { page, human }] of this.everybody.entries()) {
      if (page.isClosed()) continue;
      const alerts = await page
        .getByRole('alert')
        .allInnerTexts()
        .catch(() => []);
      const told = alerts.map((text) => text.trim()).filter(Boolean);
      if (told.length > 0) console.log(`${human.name} was told: ${told.join(' | ')}`);
      const file = `failed-${name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60)}-${at}.png`;
      await page.screenshot({ path: join(output, file), timeout: 5_000 }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.chromium.close();
    await this.chromium.forget();
    await this.ward.stop();
  }
}

/** The chapters get the world when it is there, not when they are written down. */
export type Chapter = (world: () => World) => void;
