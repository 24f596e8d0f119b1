import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { initialState, Store } from '../../www/app/store.js';
import { setGlobals } from './fake-browser.mjs';
import { settled } from './fake-engine.mjs';
import { Calls, replaceModules, root, setPage } from './fake-page.mjs';

/** The camera or a video file. @type {FakeSource} */
let source;
/** @type {FakeRecorder} */
let recorder;

class FakeSource extends EventTarget {
  on = false;
  camera = false;
  /** @type {File | undefined} */
  file;
  video = { currentTime: 0, duration: 4, plays: 0, play: async () => void (this.video.plays += 1) };
  /** @type {any} */
  pace;
  /** @type {any} */
  once;
  /** @type {string[]} */
  calls = [];
  /** The error of the next opening. */
  failure = '';
  /** The notice of the next source. @type {string | undefined} */
  notice;

  constructor() {
    super();
    source = this;
  }

  /** @param {boolean} camera @param {string} name */
  async #open(camera, name) {
    if (this.failure) throw new Error(this.failure);
    [this.on, this.camera] = [true, camera];
    const cameras = camera ? ['Front', 'Back'] : [];
    const detail = { name, camera, mirrored: camera, cameras, current: 0, notice: this.notice, width: 64, height: 36 };
    this.dispatchEvent(new CustomEvent('begin', { detail }));
  }

  openCamera() {
    return this.#open(true, 'Camera');
  }

  turnCamera() {
    this.calls.push('turn');
    return this.openCamera();
  }

  /** @param {number} number */
  chooseCamera(number) {
    this.calls.push(`camera ${number}`);
    return this.openCamera();
  }

  /** @param {File} file */
  openVideo(file) {
    this.file = file;
    return this.#open(false, file.name);
  }

  async rewind() {
    this.calls.push('rewind');
  }

  feed() {
    this.calls.push('feed');
  }

  refresh() {
    this.calls.push('refresh');
  }

  close() {
    const was = this.on;
    [this.on, this.camera, this.file] = [false, false, undefined];
    if (was) this.dispatchEvent(new CustomEvent('end'));
  }
}

class FakeRecorder {
  on = false;
  seconds = 2;
  wantsFrames = false;
  /** @type {any[][]} */
  starts = [];
  /** @type {any[]} */
  frames = [];
  /** @type {(number | undefined)[]} */
  stops = [];
  failure = '';
  silent = false;

  constructor() {
    recorder = this;
  }

  /** @param {any[]} args */
  async start(...args) {
    await undefined;
    if (this.failure) throw new Error(this.failure);
    this.starts.push(args);
    [this.on, this.wantsFrames] = [true, true];
    return this.silent;
  }

  /** @param {any} frame */
  add(frame) {
    this.frames.push(frame);
  }

  /** @param {number} [seconds] */
  async stop(seconds) {
    this.stops.push(seconds);
    [this.on, this.wantsFrames] = [false, false];
    if (this.failure) throw new Error(this.failure);
    return new Blob(['a movie']);
  }
}

setPage();
/** @type {(() => void)[]} */
let animationFrames = [];
setGlobals({ FakeSource, FakeRecorder, requestAnimationFrame: (/** @type {() => void} */ run) => animationFrames.push(run) });
replaceModules({
  '/video-source.js': 'export const VideoSource = FakeSource;',
  '/recorder.js': `export const Recorder = FakeRecorder; export const recordsFrames = () => true; export const soundOf = () => undefined;
    export const videoClock = () => ({});`,
  '/file-sound.js': 'export const soundOfFile = async () => "sound";',
});
const { VideoMode } = await import('../../www/inference/video-mode.js');

const ENGINE = { adapter: 'Fake', backend: 'fake', software: true, half: false, styles: [], videoFrames: true };
const FILE = new File([], 'clip.mp4');

/** @type {Calls} */
let calls;
/** @type {Store} */
let store;
/** @type {InstanceType<typeof VideoMode>} */
let mode;
/** The handlers of the worker's answers. @type {any} */
let answers;
/** @type {any} */
let bar;
/** @type {any} */
let controls;
let isPending = true;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval'] });
  [calls, animationFrames, isPending] = [new Calls(), [], true];
  root.dataset = {};
  store = new Store(
    initialState({
      style: '', strength: 1, keepColors: false, gentle: false, size: 0, stroke: 1, brushwork: 0, steady: true,
      ground: { keep: true, colour: '#ffffff' }, photoData: false,
    }),
  );
  bar = Object.assign(new EventTarget(), { show: () => calls.all.push(['bar.show']), hide: () => calls.all.push(['bar.hide']), microphone: true });
  controls = calls.object('controls', { canSave: false, isVideo: false, cameraOn: false });
  const viewer = calls.object('viewer', {
    videoBar: bar,
    painting: 'the canvas',
    hasAttribute: () => isPending,
    idle: () => (isPending = false),
  });
  const client = calls.object('client', { listen: (/** @type {any} */ given) => (answers = given) });
  mode = new VideoMode(store, client, viewer, controls, calls.object('toast'), calls.object('app'));
  store.update({ engine: ENGINE });
});

/** The settings that the worker got last. */
const sent = () => calls.of('client.setVideo').at(-1)?.[0];

/** Opens the camera or the file, and shows its first frame. @param {File} [file] */
async function watch(file) {
  if (file) await mode.takeVideo(file);
  else mode.toggleCamera();
  await settled();
  answers['ready-for-frame']();
}

test('the camera takes the viewer, and its frames are requested one after the other', async () => {
  mode.toggleCamera();
  await settled();
  assert.deepEqual([store.state.mode, root.dataset.video, controls.isVideo, controls.cameraOn, controls.canSave], ['video', 'camera', true, true, false]);
  assert.deepEqual([sent().mirrored, sent().startLines, sent().recording, source.calls], [true, 192, false, ['feed']]);
  answers['ready-for-frame']();
  assert.deepEqual([controls.canSave, calls.of('viewer.showPainting')], [true, [['Camera, painted live', true]]]);
  answers['ready-for-frame']();
  assert.deepEqual([source.calls, calls.of('viewer.showPainting').length], [['feed', 'feed', 'feed'], 1]);
  mode.toggleCamera();
  assert.deepEqual([store.state.mode, root.dataset.video, controls.isVideo, controls.cameraOn, source.on], ['photo', undefined, false, false, false]);
  assert.deepEqual([calls.of('client.stopVideo').length, calls.of('bar.hide').length], [1, 1]);
});

test('a source that cannot be opened gives a message, and a running video stays', async () => {
  source.failure = 'The camera is in use.';
  mode.toggleCamera();
  await settled();
  assert.deepEqual([calls.of('toast.show'), store.state.mode], [[['The camera is in use.']], 'photo']);
  source.failure = '';
  await watch(FILE);
  source.failure = 'The camera is in use.';
  bar.dispatchEvent(new CustomEvent('camera', { detail: 1 }));
  await settled();
  assert.deepEqual([store.state.mode, source.calls.includes('camera 1'), calls.of('toast.show').length], ['video', true, 2]);
  source.failure = '';
  source.notice = 'The other camera is on.';
  bar.dispatchEvent(new Event('turn'));
  await settled();
  assert.deepEqual(calls.of('toast.show').at(-1), ['The other camera is on.']);
});

test('options are sent once per animation frame, and to the camera alone when it is mirrored', async () => {
  await watch();
  for (const strength of [0.1, 0.2]) store.updateLook({ strength });
  store.update({ video: { ...store.state.video, lines: 240 } });
  assert.equal(animationFrames.length, 1);
  animationFrames.pop()?.();
  assert.deepEqual([sent().look.strength, sent().lines, source.calls.at(-1)], [0.2, 240, 'refresh']);
  bar.dispatchEvent(new Event('mirror'));
  assert.deepEqual([sent().mirrored, bar.mirrored], [false, false]);
  await watch(FILE);
  const before = calls.of('client.setVideo').length;
  mode.mirror();
  assert.equal(calls.of('client.setVideo').length, before);
});

test('a video continues with another engine, and with none it waits', async () => {
  await watch();
  const before = calls.of('client.setVideo').length;
  store.update({ engine: undefined });
  assert.deepEqual([store.state.mode, source.on, calls.of('client.setVideo').length], ['video', true, before]);
  store.updateLook({ strength: 0.5 });
  assert.equal(animationFrames.length, 0);
  isPending = true;
  store.update({ engine: { ...ENGINE, software: false } });
  assert.deepEqual([calls.of('client.setVideo').length, sent().look.strength, sent().startLines], [before + 1, 0.5, 360]);
  assert.equal(controls.canSave, false);
  answers['ready-for-frame']();
  assert.equal(controls.canSave, true);
});

test('a recording survives another engine, which is asked for its frames', async () => {
  await watch();
  mode.toggleRecording();
  await settled();
  store.update({ engine: undefined });
  store.update({ engine: { ...ENGINE } });
  assert.deepEqual([recorder.on, sent().recording], [true, true]);
  answers.recorded({ frame: 'a frame', times: {} });
  assert.deepEqual(recorder.frames, ['a frame']);
});

test('a video that the worker cannot render is closed with a message; other failures do not concern it', async () => {
  await watch();
  answers.failed({ operation: 'photo', message: 'a' });
  assert.equal(store.state.mode, 'video');
  answers.failed({ operation: 'video', message: 'There is not enough memory.' });
  assert.deepEqual([calls.of('toast.show'), store.state.mode, source.on], [[['There is not enough memory.']], 'photo', false]);
  answers.failed({ operation: 'video', message: 'b' });
  assert.equal(calls.of('toast.show').length, 1);
});

test('another mode ends the video, and saves its recording', async () => {
  await watch();
  mode.toggleRecording();
  await settled();
  store.update({ mode: 'train' });
  await settled();
  assert.deepEqual([source.on, recorder.on, store.state.mode], [false, false, 'train']);
  assert.equal(calls.of('app.saveMovie').length, 1);
});

test('the camera is recorded with the microphone; nothing is recorded before the first frame', async () => {
  mode.toggleCamera();
  await settled();
  mode.toggleRecording();
  await settled();
  assert.equal(recorder.starts.length, 0);
  answers['ready-for-frame']();
  // A second press while the recording starts changes nothing.
  mode.toggleRecording();
  mode.toggleRecording();
  await settled();
  assert.deepEqual(recorder.starts, [['the canvas', { width: 64, height: 36 }, {}, true]]);
  assert.deepEqual([bar.recording, sent().recording], [0, true]);
  mock.timers.tick(250);
  assert.equal(bar.recording, 2);
  mode.toggleRecording();
  await settled();
  assert.deepEqual([bar.recording, sent().recording, calls.of('app.saveMovie').length, recorder.stops], [undefined, false, 1, [undefined]]);
});

test('a whole video is recorded from its start to its end, and every frame is rendered', async () => {
  await watch(FILE);
  recorder.silent = true;
  bar.dispatchEvent(new Event('record-all'));
  await settled();
  assert.deepEqual([source.calls.includes('rewind'), source.video.plays, source.pace.patience], [true, 1, 0]);
  assert.deepEqual(calls.of('toast.show'), [['The browser cannot record sound here: the recording is silent.']]);
  source.video.currentTime = 4;
  source.once.reached();
  recorder.seconds = 9;
  source.once.painted();
  await settled();
  assert.deepEqual([recorder.stops, source.video.currentTime, source.video.plays, source.pace, source.once], [[2], 0, 2, undefined, undefined]);
  assert.deepEqual([store.state.mode, calls.of('app.saveMovie').length], ['video', 1]);
});

test('a recording that fails gives a message, and can be tried again', async () => {
  await watch(FILE);
  recorder.failure = 'The browser cannot encode this size.';
  mode.toggleRecording();
  await settled();
  assert.deepEqual([recorder.on, source.pace, calls.of('toast.show')], [false, undefined, [['The browser cannot encode this size.']]]);
  recorder.failure = '';
  mode.toggleRecording();
  await settled();
  assert.equal(recorder.on, true);
  recorder.failure = 'The movie could not be written.';
  mode.toggleRecording();
  await settled();
  assert.deepEqual([calls.of('toast.show').at(-1), calls.of('app.saveMovie').length], [['The movie could not be written.'], 0]);
});

test('a source of another size keeps the video, and the caption follows', async () => {
  await watch();
  source.dispatchEvent(new CustomEvent('resize', { detail: { width: 36, height: 64 } }));
  assert.deepEqual(calls.of('viewer.setSize'), [[36, 64]]);
  assert.deepEqual(calls.of('controls.setCaption').at(-1)?.[1].height, 64);
  answers.stats({ framesPerSecond: 9 });
  assert.equal(calls.of('controls.showStats').length, 1);
  assert.deepEqual(mode.exportInfo, { source: 'Camera', style: '' });
});
