// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Unreachable } from '../fault.ts';
import type { Profile } from '../remote/shapes.ts';
import { Cabinet } from '../store/cabinet.ts';
import { MemoryStore } from '../store/memory.ts';
import { TestClock } from '../testing/clock.ts';
import { inventStaff } from '../testing/staff.ts';
import type { Ward } from '../ward.ts';
import { Directory } from './directory.ts';
import type { Finder } from './finder.ts';
import { splitName } from './name.ts';
import { StaffList } from './staffList.ts';

const pageSize = 100;

type Asked = { after?: string | undefined; since?: number };

/** A server with a list of staff, and the devices that ask it. */
class Hospital {
  readonly clock = new TestClock();
  readonly disk = new MemoryStore();
  staff: Profile[];
  changes: Profile[] = [];
  asked: Asked[] = [];
  searched: string[] = [];
  /** After so many pages there is no network. */
  reach = Number.POSITIVE_INFINITY;
  closed = false;

  constructor(staff: Profile[]) {
    this.staff = staff;
  }

  async device({ shared = false } = {}): Promise<Ward> {
    const cabinet = await Cabinet.open(this.disk, new Uint8Array(32), { person: 'me', shared });
    const list = (asked: Asked) => {
      if (this.reach-- <= 0) return Promise.reject(new Unreachable('directory'));
      this.asked.push(asked);
      const all = asked.since === undefined ? this.staff : this.changes;
      const from = all.findIndex(({ person }) => person === asked.after) + 1;
      const people = all.slice(from, from + pageSize);
      const next = from + pageSize < all.length ? people.at(-1)?.person : undefined;
      return Promise.resolve({ people, next, asOf: this.clock.now() - 300_000 });
    };
    const find = (query: string) => {
      this.searched.push(query);
      const people = this.staff.filter(({ displayName }) => displayName.toLowerCase().includes(query.toLowerCase()));
      return this.reach < 0 ? Promise.reject(new Unreachable('people')) : Promise.resolve({ people });
    };
    const cardOf = ({ person, displayName, role, ward, organisation }: Profile) => ({
      id: person,
      name: displayName,
      ...splitName(displayName),
      role,
      ward,
      organisation,
      outside: false,
    });
    return {
      remote: { people: { list, find } },
      people: { learn: () => undefined, cardOf },
      cabinet,
      shared,
      after: this.clock.after,
      now: () => this.clock.now(),
      closed: () => this.closed,
    } as unknown as Ward;
  }
}

async function settled(list: StaffList): Promise<Finder | undefined> {
  list.freshen();
  await list.settled();
  return list.finder;
}

let hospital: Hospital;
let someone: Profile;
beforeEach(() => {
  hospital = new Hospital(inventStaff(250));
  const [first] = hospital.staff;
  if (!first) throw new Error('nobody');
  someone = first;
});

describe('R29 the list of all staff on a device', () => {
  test('comes in pages, is whole when it is there, and is asked for changes from then on', async () => {
    const list = new StaffList(await hospital.device());
    expect(list.finder).toBeUndefined();
    expect((await settled(list))?.people).toEqual(hospital.staff);
    expect(hospital.asked).toHaveLength(3);
    const asOf = hospital.clock.now() - 300_000;

    await settled(list);
    expect(hospital.asked).toHaveLength(3); // it is of this minute
    hospital.clock.pass(61_000);
    hospital.changes = [
      { ...someone, left: true },
      { ...someone, person: '019a0000-0000-7000-a000-ffffffffffff', displayName: 'Nora Starter' },
    ];
    const finder = await settled(list);
    expect(hospital.asked[3]).toEqual({ after: undefined, since: asOf });
    expect(finder?.people).toHaveLength(250);
    expect(finder?.people).not.toContainEqual(someone);
    expect(finder?.search('starter', () => 0, 5).people).toHaveLength(1);
  });

  test('hears who has set up Wardline since', async () => {
    hospital.staff = hospital.staff.map((each) => ({ ...each, enrolled: each !== someone }));
    const list = new StaffList(await hospital.device());
    const before = await settled(list);
    expect(before?.people[0]?.enrolled).toBe(false);
    hospital.clock.pass(61_000);
    hospital.changes = [{ ...someone, enrolled: true }];
    expect((await settled(list))?.people[0]).toEqual(someone);
    expect((await settled(new StaffList(await hospital.device())))?.people[0]).toEqual(someone);
  });

  test('asks sooner while somebody is wanted who has not set up Wardline yet', async () => {
    hospital.staff = hospital.staff.map((each) => ({ ...each, enrolled: each !== someone }));
    const directory = new Directory(await hospital.device(), () => () => 0);
    await settled(directory.list);
    hospital.clock.pass(2000);
    hospital.changes = [{ ...someone, enrolled: true }];
    const isSetUp = () => directory.list.finder?.people.find(({ person }) => person === someone.person)?.enrolled;
    await directory.search(hospital.staff.at(-1)?.displayName ?? '');
    await directory.list.settled();
    expect(isSetUp()).toBe(false);
    await directory.search(someone.displayName);
    await directory.list.settled();
    expect(isSetUp()).toBe(true);
  });

  test('is there after a reload without asking for it again, also without a network', async () => {
    await settled(new StaffList(await hospital.device()));
    hospital.reach = 0;
    expect((await settled(new StaffList(await hospital.device())))?.people).toEqual(hospital.staff);
    hospital.reach = Number.POSITIVE_INFINITY;
    hospital.asked = [];
    await settled(new StaffList(await hospital.device()));
    expect(hospital.asked.map(({ since }) => since !== undefined)).toEqual([true]);
  });

  test('goes on where it was cut off, and is not searched before it is whole', async () => {
    hospital.reach = 2;
    expect(await settled(new StaffList(await hospital.device()))).toBeUndefined();
    hospital.reach = Number.POSITIVE_INFINITY;
    const list = new StaffList(await hospital.device());
    expect((await settled(list))?.people).toEqual(hospital.staff);
    expect(hospital.asked).toHaveLength(3);
  });

  test('is fetched as a whole once a week, and what was longer is cleared away', async () => {
    await settled(new StaffList(await hospital.device()));
    const rows = (await hospital.disk.all('person/me/staff')).length;
    hospital.clock.pass(8 * 24 * 60 * 60_000);
    hospital.staff = hospital.staff.slice(0, 120);
    const list = new StaffList(await hospital.device());
    expect((await settled(list))?.people).toEqual(hospital.staff);
    expect((await hospital.disk.all('person/me/staff')).length).toBe(rows - 1);
    expect((await settled(new StaffList(await hospital.device())))?.people).toEqual(hospital.staff);
  });

  test('H20 leaves nothing on a shared ward PC', async () => {
    await settled(new StaffList(await hospital.device({ shared: true })));
    expect(await hospital.disk.all('')).toEqual([]);
  });

  test('is not finished when the keys go meanwhile', async () => {
    hospital.closed = true;
    expect(await settled(new StaffList(await hospital.device()))).toBeUndefined();
  });
});

describe('R29 searching', () => {
  test('asks the server until the list is there, and then nobody', async () => {
    const directory = new Directory(await hospital.device(), () => () => 0);
    expect((await directory.search(someone.displayName)).people.map(({ id }) => id)).toContain(someone.person);
    expect(hospital.searched[0]).toBe(someone.displayName);
    await directory.list.settled();
    hospital.searched = [];
    expect((await directory.search(someone.displayName)).people.map(({ id }) => id)).toContain(someone.person);
    expect(hospital.searched).toEqual([]);
  });

  test('asks the server for somebody who is not on the list, and without a network says that nobody was found', async () => {
    const directory = new Directory(await hospital.device(), () => () => 0);
    await settled(directory.list);
    hospital.staff.push({ ...someone, person: '019a0000-0000-7000-a000-ffffffffffff', displayName: 'Nora Qwxz' });
    expect((await directory.search('qwxz')).people).toHaveLength(1);
    hospital.reach = -1;
    expect((await directory.search('qwxz')).people).toEqual([]);
  });

  test.each([true, false])(
    'names those who are called alike, the user name where nothing else differs (list: %s)',
    async (listed) => {
      const like = (at: number, displayName: string, role: string): Profile => ({
        ...someone,
        person: `019a0000-0000-7000-b000-00000000000${at}`,
        userName: `user${at}`,
        displayName,
        role,
        ward: '7B',
      });
      hospital.staff = [
        like(1, 'Anita Rao', 'Registrar'),
        like(2, 'Anita Rao', 'Physiotherapist'),
        like(3, 'Anita Rao', 'Physiotherapist'),
        like(4, 'Amit Rao', 'Porter'),
      ];
      const directory = new Directory(await hospital.device(), () => () => 0);
      if (listed) await settled(directory.list);
      const { people, similar, alike } = await directory.search('anita');
      const account = (at: number) => people.find(({ id }) => id.endsWith(String(at)))?.account;
      expect(people).toHaveLength(4);
      expect(similar).toMatchObject([{ label: 'A Rao', people: { length: 4 } }]);
      expect(alike[like(1, '', '').person]?.map(({ id }) => id.at(-1))).toEqual(['2', '3']);
      expect(alike[like(4, '', '').person]).toBeUndefined();
      expect([1, 2, 3, 4].map(account)).toEqual([undefined, 'user2', 'user3', undefined]);
    },
  );
});

test('R30 nothing asks for the contacts of the phone: people come from the organisation’s directory alone', () => {
  const root = join(import.meta.dirname, '../..');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.test)\.tsx?$/.test(file),
  );
  expect(files.length).toBeGreaterThan(200);
  const asking = files.filter((file) => /\.contacts\b|ContactsManager/.test(readFileSync(join(root, file), 'utf8')));
  expect(asking).toEqual([]);
});
