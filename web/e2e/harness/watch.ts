/**
 * What must never happen in a browser of ours, whatever is being tested: an error in the console, an exception, a violation of the
 * content security policy or of Trusted Types, a request to anybody else.
 */
import type { BrowserContext, ConsoleMessage, Page } from 'playwright-core';

export class Watch {
  readonly #origin: string;
  readonly #whose: string;
  readonly #problems: string[] = [];
  /** Paths of this origin that were asked for, in order. */
  readonly asked: string[] = [];

  constructor(context: BrowserContext, origin: string, whose: string) {
    this.#origin = origin;
    this.#whose = whose;
    context.on('request', (request) => this.#goesTo(request.url()));
    context.on('weberror', (error) => this.#note(`exception: ${error.error().stack ?? error.error().message}`));
    context.on('console', (message) => this.#says(message));
  }

  /** Also the policy reports that Chromium keeps for its developer tools, and sockets. */
  async over(page: Page): Promise<void> {
    page.on('websocket', (socket) => this.#goesTo(socket.url().replace(/^ws/, 'http')));
    page.on('crash', () => this.#note('the page crashed'));
    const cdp = await page.context().newCDPSession(page);
    cdp.on('Audits.issueAdded', ({ issue }) => {
      if (issue.code === 'ContentSecurityPolicyIssue') {
        this.#note(`policy: ${JSON.stringify(issue.details.contentSecurityPolicyIssueDetails)}`);
      }
    });
    await cdp.send('Audits.enable');
  }

  /** Everything so far, and none of it a second time. */
  take(): string[] {
    return this.#problems.splice(0);
  }

  #goesTo(address: string): void {
    const url = new URL(address);
    if (url.origin !== this.#origin) this.#note(`request to somebody else: ${address.slice(0, 200)}`);
    else if (url.protocol === 'http:') this.asked.push(url.pathname);
  }

  #says(message: ConsoleMessage): void {
    const kind = message.type();
    if (kind !== 'error' && kind !== 'warning') return;
    const text = message.text();
    const from = message.location().url;
    // Chromium writes a line for each answer of 400 and above and for each lost connection; the screens say those in their own words.
    const answer = text.startsWith('Failed to load resource') && from.startsWith(`${this.#origin}/v1/`);
    const socket = text.startsWith(`WebSocket connection to '${this.#origin.replace(/^http/, 'ws')}/v1/live`);
    if (!answer && !socket) this.#note(`console ${kind}: ${text} (${from})`);
  }

  #note(problem: string): void {
    this.#problems.push(`${this.#whose}: ${problem}`);
  }
}
