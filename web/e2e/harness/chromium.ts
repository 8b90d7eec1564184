/**
 * One Chromium for a run. The first person lives in its profile on disk, so that what a browser leaves behind can be looked through
 * afterwards; everybody else has a context of their own in the same process. Nobody outside this machine can be reached.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export type Layout = { name: 'phone' | 'pc' | 'narrow'; width: number; height: number; touch: boolean };
export const phone: Layout = { name: 'phone', width: 390, height: 844, touch: true };
export const pc: Layout = { name: 'pc', width: 1440, height: 900, touch: false };
/** The width at which everything still has to fit (WCAG 1.4.10). */
export const narrow: Layout = { name: 'narrow', width: 320, height: 640, touch: true };

export type Scheme = 'light' | 'dark';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

const habits = { locale: 'en-GB', timezoneId: 'Europe/London', reducedMotion: 'reduce', colorScheme: 'light' } as const;

export class Chromium {
  readonly profile: string;
  readonly #persistent: BrowserContext;
  readonly #browser: Browser;

  private constructor(profile: string, persistent: BrowserContext, browser: Browser) {
    this.profile = profile;
    this.#persistent = persistent;
    this.#browser = browser;
  }

  static async open(): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), 'wardline-profile-'));
    const persistent = await chromium.launchPersistentContext(profile, {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      headless: true,
      args: flags,
      ...screenOf(phone),
      ...habits,
    });
    const browser = persistent.browser();
    if (!browser) throw new Error('Chromium has no second context to offer');
    return new Chromium(profile, persistent, browser);
  }

  /** The context whose profile is on disk. */
  get kept(): BrowserContext {
    return this.#persistent;
  }

  /** A browser that nobody has used yet. */
  fresh(layout: Layout): Promise<BrowserContext> {
    return this.#browser.newContext({ ...screenOf(layout), ...habits });
  }

  /** Ends the browser; the profile stays until `forget`. */
  async close(): Promise<void> {
    await this.#persistent.close();
  }

  async forget(): Promise<void> {
    await rm(this.profile, { recursive: true, force: true });
  }
}

const screenOf = ({ width, height, touch }: Layout) => ({ viewport: { width, height }, hasTouch: touch });

/**
 * The size and the colours of one page. The pointer stays what it is: a phone’s finger when a phone is turned into a wide screen, a mouse
 * when a PC’s window is made narrow.
 */
export class Display {
  readonly own: Layout;
  readonly #page: Page;

  constructor(page: Page, own: Layout) {
    this.#page = page;
    this.own = own;
  }

  async become(layout: Layout, scheme: Scheme): Promise<void> {
    await this.#page.setViewportSize({ width: layout.width, height: layout.height });
    await this.#page.emulateMedia({ colorScheme: scheme });
    // Two frames: one to lay out, one to draw.
    await this.#page.evaluate(
      () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
    );
  }
}
