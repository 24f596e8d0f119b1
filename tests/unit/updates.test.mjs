import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Updates } from '../../www/app/pwa.js';

/** A service worker with a state. */
class FakeWorker extends EventTarget {
  state = 'installing';

  /** @param {string} state */
  reach(state) {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

class FakeRegistration extends EventTarget {
  /** @type {FakeWorker | null} */
  installing = null;
  /** @type {FakeWorker | null} */
  waiting = null;
  /** @type {FakeWorker | null} */
  active = null;
}

/**
 * Registers with a container that has the registration, and records the messages to the user.
 * @param {FakeRegistration} registration
 */
async function registered(registration) {
  /** @type {string[]} */
  const messages = [];
  const container = Object.assign(new EventTarget(), { controller: registration.active, register: async () => registration });
  /** @type {any} */
  const parameters = [container, { update: (/** @type {string} */ message) => messages.push(message) }];
  const updates = Reflect.construct(Updates, parameters);
  await updates.register();
  return { container, messages };
}

describe('versions of the page', () => {
  test('the first service worker is no new version, also if it is active before the page knows that it is installed', async () => {
    const registration = new FakeRegistration();
    const worker = new FakeWorker();
    registration.installing = worker;
    const { container, messages } = await registered(registration);
    registration.active = worker;
    worker.reach('installed');
    worker.reach('activated');
    container.controller = worker;
    container.dispatchEvent(new Event('controllerchange'));
    assert.deepEqual(messages, []);
  });

  test('the first service worker is no new version while it waits', async () => {
    const registration = new FakeRegistration();
    registration.waiting = new FakeWorker();
    const { messages } = await registered(registration);
    assert.deepEqual(messages, []);
  });

  test('a second service worker is offered, and reported when another tab activates it', async () => {
    const registration = new FakeRegistration();
    registration.active = new FakeWorker();
    const { messages } = await registered(registration);
    const next = new FakeWorker();
    registration.installing = next;
    registration.dispatchEvent(new Event('updatefound'));
    next.reach('installed');
    assert.equal(messages.length, 1);
    assert.match(messages[0], /new version .* ready/);
    next.reach('activated');
    assert.match(messages[1], /Another tab/);
  });
});
