/** One person at one browser: what they see, and the verbs that everybody needs. Everything goes through labels and roles, as for them. */
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Chromium, Display, type Layout } from './chromium.ts';
import { CodeApp } from './codes.ts';
import type { Looker, LookOptions } from './look.ts';
import type { Ward } from './ward.ts';
import { Watch } from './watch.ts';

/** How long something that the machine has to do may take before the test gives up. Nothing is measured by it. */
export const patience = 30_000;

export type DeviceWords = 'The organisation’s' | 'My own' | 'A shared ward PC';

type NameAndPassword = { username: string; password: string };

/** What one human knows and holds, wherever they sign in. */
export class Human {
  readonly name: string;
  readonly username: string;
  readonly password: string;
  codes: CodeApp | undefined;

  constructor(name: string, username: string, password: string) {
    this.name = name;
    this.username = username;
    this.password = password;
  }

  get app(): CodeApp {
    if (!this.codes) throw new Error(`${this.name} has not set up a code app`);
    return this.codes;
  }
}

export class Person {
  readonly human: Human;
  readonly page: Page;
  readonly display: Display;
  readonly watch: Watch;
  readonly #ward: Ward;
  readonly #looker: Looker;

  private constructor(parts: { human: Human; page: Page; display: Display; watch: Watch; ward: Ward; looker: Looker }) {
    this.human = parts.human;
    this.page = parts.page;
    this.display = parts.display;
    this.watch = parts.watch;
    this.#ward = parts.ward;
    this.#looker = parts.looker;
  }

  static async at(
    context: BrowserContext,
    parts: { human: Human; layout: Layout; ward: Ward; looker: Looker; whose?: string },
  ): Promise<Person> {
    context.setDefaultTimeout(patience);
    const watch = new Watch(context, parts.ward.origin, parts.whose ?? parts.human.name);
    const page = context.pages()[0] ?? (await context.newPage());
    await watch.over(page);
    return new Person({ ...parts, page, display: new Display(page, parts.layout), watch });
  }

  /** In a browser that nobody has used. */
  static async atFresh(
    chromium: Chromium,
    parts: { human: Human; layout: Layout; ward: Ward; looker: Looker; whose?: string },
  ): Promise<Person> {
    return Person.at(await chromium.fresh(parts.layout), parts);
  }

  /** The same browser, one tab more. */
  async inAnotherTab(): Promise<Person> {
    const page = await this.page.context().newPage();
    await this.watch.over(page);
    const display = new Display(page, this.display.own);
    const { human, watch } = this;
    const tab = new Person({ human, page, display, watch, ward: this.#ward, looker: this.#looker });
    await tab.open('/#/');
    return tab;
  }

  async look(name: string, options?: LookOptions): Promise<void> {
    this.#looker.screens.push(name);
    if (process.env['E2E_LOOK'] !== 'no') await this.#looker.at(this.page, this.display, name, options);
  }

  // Finding things

  /** Where the person is looking: the sheet on top, or the page. */
  async front(): Promise<Locator> {
    const sheet = this.page.locator('dialog[open]').last();
    return (await sheet.count()) > 0 ? sheet : this.page.locator('body');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name });
  }

  link(name: string | RegExp): Locator {
    return this.page.getByRole('link', typeof name === 'string' ? { name, exact: true } : { name });
  }

  field(label: string | RegExp): Locator {
    return this.page.getByLabel(label, typeof label === 'string' ? { exact: true } : {});
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name });
  }

  text(text: string | RegExp): Locator {
    return this.page.getByText(text);
  }

  async sees(what: Locator): Promise<void> {
    await what.first().waitFor({ state: 'visible' });
  }

  async seesNoMore(what: Locator): Promise<void> {
    await expect.poll(() => what.count(), { timeout: patience }).toBe(0);
  }

  /** All the words on the page, also those for screen readers alone. */
  async words(): Promise<string> {
    return (await this.page.locator('body').textContent()) ?? '';
  }

  async back(): Promise<void> {
    await this.page.goBack();
  }

  // Coming in

  async open(place = '/'): Promise<void> {
    await this.page.goto(this.#ward.origin + place);
  }

  /** Opens the one-time link, as far as the question whether this is the right person. */
  async openInvitation(): Promise<void> {
    await this.page.goto(this.#ward.invitation(this.human.name).link);
    await this.sees(this.heading('Is this you?'));
  }

  async choosePassword(): Promise<void> {
    await this.sees(this.heading('Choose a password'));
    await this.field('Password').fill(this.human.password);
    await this.field('The same again').fill(this.human.password);
    await this.button('Go on').click();
    await this.sees(this.heading('This device'));
  }

  async chooseDevice(device: DeviceWords): Promise<void> {
    await this.page.getByRole('radio', { name: device }).check();
    if (device === 'My own') await this.page.getByRole('checkbox', { name: 'I agree to these rules' }).check();
  }

  /** Reads the key that the page shows into the code app. */
  async scanKey(): Promise<void> {
    await this.sees(this.heading('Add Wardline to your code app'));
    this.human.codes = new CodeApp(await this.page.locator('.codes .mono').innerText());
  }

  async finishEnrolment(): Promise<void> {
    await this.field('Code').fill(await this.human.app.next());
    await this.button('Finish').click();
    await this.sees(this.heading('Lock this app'));
    await this.button('Use my password each time').click();
    await this.acceptPolicy();
    await this.sees(this.heading('Inbox'));
  }

  /** R36: the one policy of the demonstration, which is there when somebody comes in. */
  async acceptPolicy(): Promise<void> {
    await this.sees(this.heading('Instant messaging at work'));
    await this.look('05-policy');
    await this.button('I have read it and accept').click();
    await this.seesNoMore(this.heading('Instant messaging at work'));
  }

  async enrol(device: DeviceWords): Promise<void> {
    await this.openInvitation();
    await this.button('Yes, this is me').click();
    await this.choosePassword();
    await this.chooseDevice(device);
    await this.page.getByRole('checkbox', { name: 'I have read this' }).check();
    await this.button('Go on').click();
    await this.scanKey();
    await this.finishEnrolment();
  }

  /** In a browser that is not known yet, also whose device it is. */
  async giveName(device?: DeviceWords, { username, password }: NameAndPassword = this.human): Promise<void> {
    await this.sees(this.heading('Sign in'));
    await this.field('User name').fill(username);
    await this.field('Password').fill(password);
    await this.button('Go on').click();
    if (device) {
      await this.sees(this.heading('This device'));
      await this.chooseDevice(device);
      await this.button('Go on').click();
    }
    await this.sees(this.heading('Enter your code'));
  }

  async giveCode(code: string): Promise<void> {
    await this.field('Code').fill(code);
    await this.button('Sign in').click();
  }

  async unlock(): Promise<void> {
    await this.sees(this.heading('Locked'));
    await this.field('Password').fill(this.human.password);
    await this.button('Unlock').click();
    await this.seesNoMore(this.heading('Locked'));
  }

  // Threads

  /** A row of the inbox by its title: a team, a patient or a person. */
  row(title: string | RegExp): Locator {
    return this.page.locator('a[data-thread]').filter({ has: this.page.locator('.th__1 b', { hasText: title }) });
  }

  async openThread(title: string | RegExp): Promise<void> {
    await this.row(title).first().click();
    await this.sees(this.page.getByRole('region', { name: 'Messages' }));
  }

  /** From wherever the person is. */
  async openThreadAt(title: string | RegExp): Promise<void> {
    await this.open('/#/');
    await this.openThread(title);
  }

  get messages(): Locator {
    return this.page.getByRole('region', { name: 'Messages' });
  }

  /** The item in the timeline that says this. */
  message(words: string | RegExp): Locator {
    return this.messages.getByRole('article').filter({ hasText: words });
  }

  get composer(): Locator {
    return this.page.locator('#composer');
  }

  async write(text: string): Promise<void> {
    // Nobody can type behind a sheet that is still closing.
    await this.seesNoMore(this.page.locator('dialog[open]'));
    await this.composer.fill(text);
    await this.button('Send').click();
  }

  async say(text: string): Promise<void> {
    await this.write(text);
    await this.sees(this.message(text));
    await expect.poll(() => this.composer.inputValue(), { timeout: patience }).toBe('');
  }

  /** Taps one of the message's own buttons, which show when it is in hand. */
  async act(on: Locator, name: string): Promise<void> {
    await on.click({ position: { x: 8, y: 8 } });
    await on.getByRole('button', { name, exact: true }).click();
  }

  async pickPerson(query: string, name: string): Promise<void> {
    const front = await this.front();
    await front.getByRole('textbox', { name: /^(Person or ward|People|Who else\?.*)$/ }).fill(query);
    const choice = front.getByRole('button', { name: `Choose ${name}`, exact: true });
    const card = front.locator('.pickcard').filter({ hasText: name }).locator('input');
    await choice.or(card).first().waitFor({ state: 'visible' });
    if ((await choice.count()) > 0) await choice.click();
    else await card.check();
    // Where another's name is the same or sounds like it, it is asked who is meant.
    const meant = front.getByRole('button', { name: new RegExp(`^Yes, ${name}, `) });
    const done = front.locator('.chip, .foot .btn').filter({ hasText: name });
    await meant.or(done).first().waitFor({ state: 'visible' });
    if ((await meant.count()) > 0) await meant.click();
  }
}
