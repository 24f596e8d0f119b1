import '../components/blend-sliders.js';
import '../components/photo-queue.js';
import '../components/picture-viewer.js';
import '../components/confirm-dialog.js';
import '../components/style-dialog.js';
import '../components/style-list.js';
import '../components/toast-line.js';
import { FileRouter } from '../media/router.js';
import { BenchPanel, isBenchInAddress } from './bench-panel.js';
import { Controls } from './controls.js';
import { EngineRecovery } from './engine-recovery.js';
import { EngineClient } from '../inference/client.js';
import { keepEngine, setUpPwa } from './pwa.js';
import { isPack } from '../media/file-kinds.js';
import { listenForFiles } from '../media/file-input.js';
import { Exporter } from '../media/export.js';
import { listenForShortcuts } from './shortcuts.js';
import { VideoMode } from '../inference/video-mode.js';
import { TrainMode } from '../jobs/train-style/mode.js';
import { OptimizeMode } from '../jobs/optimize-image/mode.js';
import { importNetwork } from '../jobs/import-network/client.js';
import { styleOptions } from '../jobs/style-options.js';
import { storedPainting } from '../styles/painting.js';
import { PhotoMode } from '../inference/photo-mode.js';
import { openSample, SAMPLES } from '../media/samples.js';
import { initialState, Store } from './store.js';
import { engineInAddress, sizeInAddress } from './settings.js';
import { SettingsSync } from './settings-sync.js';
import { StyleSelection } from '../styles/selection.js';
import { StyleLibrary } from '../styles/library.js';

/**
 * @import { EngineInfo } from '../inference/protocol.js'
 * @import { BlendSliders } from '../components/blend-sliders.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { ConfirmDialog } from '../components/confirm-dialog.js'
 * @import { StyleDialog } from '../components/style-dialog.js'
 * @import { StyleList } from '../components/style-list.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** The number of placeholders in the style list until the engine reports its styles. */
const PLACEHOLDER_COUNT = 26;

/**
 * The application: connects the store, the controls, the modes and the engine. `data-state` on the root element is the state of
 * the engine.
 */
export class App {
  #client = new EngineClient();
  #viewer = /** @type {PictureViewer} */ (document.querySelector('picture-viewer'));
  #styleList = /** @type {StyleList} */ (document.querySelector('style-list'));
  #toast = /** @type {ToastLine} */ (document.querySelector('toast-line'));
  #settings = new SettingsSync();
  #store = new Store(
    initialState({
      ...this.#settings.settings,
      engine: engineInAddress() ?? this.#settings.settings.engine,
      // A size in the address is that of files, too.
      saveSize: sizeInAddress() ? 'screen' : this.#settings.settings.saveSize,
    }),
  );
  #controls = new Controls(this.#settings.settings, SAMPLES, this.#store);
  #sliders = /** @type {BlendSliders} */ (document.querySelector('blend-sliders'));
  #dialog = /** @type {StyleDialog} */ (document.querySelector('style-dialog'));
  #confirm = /** @type {ConfirmDialog} */ (document.querySelector('confirm-dialog'));
  #recovery;
  #selection = new StyleSelection(this.#store, this.#styleList, this.#sliders, this.#controls, this.#toast, this.#settings.settings.style);
  #library = new StyleLibrary(this.#client, this.#selection, this.#dialog, this.#toast, {
    onEncoding: () => !this.#isVideoShown && this.#viewer.busy('Encoding the painting …'),
    onFailure: () => this.#viewer.idle(),
    // The look is the same, but the pack of a style has changed: subscribers send the look again.
    onStyleChange: () => this.#store.updateLook({}),
    train: (id) => this.#train.openDialog([{ id, weight: 1 }]),
    ask: (question) => this.#confirm.ask(question),
    importNetwork,
  });
  // The modes. Each one leaves the viewer when the store shows another mode. The photo mode comes last: it shows the photo
  // after the others have left.
  #video = new VideoMode(this.#store, this.#client, this.#viewer, this.#controls, this.#toast, {
    saveMovie: (movie) => this.#exporter.saveMovie(movie),
    useAsStyle: (picture, name) => this.#library.encode(picture, name),
  });
  #optimize = new OptimizeMode(this.#store, this.#client, this.#viewer, this.#controls, this.#toast, () => this.#styleOptions());
  #train = new TrainMode(this.#store, this.#client, this.#viewer, this.#controls, this.#toast, {
    styleOptions: () => this.#styleOptions(),
    networkOf: (parts) => this.#selection.networkOf(parts),
    styleOf: (id) => this.#library.styleOf(id),
    saveTrainedStyle: (style, used) => this.#library.userStyles.addTrained(style, used),
    isTrained: (id) => this.#library.userStyles.find(id)?.trained === true,
    choose: (id) => this.#selection.choose(id),
    focus: () => this.#styleList.step(0),
  });
  #photos = new PhotoMode(this.#store, this.#client, this.#viewer, this.#styleList, this.#controls, this.#toast);
  #exporter = new Exporter(this.#store, this.#viewer, this.#controls, this.#toast, {
    photo: this.#photos,
    video: this.#video,
    optimize: this.#optimize,
    train: this.#train,
  });
  #router = new FileRouter(this.#store, this.#client, this.#photos, this.#video, this.#library, this.#exporter, this.#toast, (photo) =>
    this.#train.photoLibrary.add(photo),
  );
  #bench = new BenchPanel(this.#client);
  /** Whether no engine has run yet. */
  #isFirst = true;
  /** The number of the current engine. */
  #engine = 0;
  /** @type {() => void} */
  #resolveFirstReady = () => {};
  /** Resolves when the first engine runs. @type {Promise<void>} */
  #firstReady = new Promise((resolve) => (this.#resolveFirstReady = resolve));
  /** @param {(reason: string) => void} giveUp shows the page without an engine */
  constructor(giveUp) {
    this.#recovery = new EngineRecovery(this.#store, this.#viewer, this.#controls, this.#toast, () => this.#start(), giveUp);
    this.#settings.connect(this.#store, this.#controls, this.#selection);
  }

  begin() {
    this.#client.listen({
      loading: ({ loaded, total }) => {
        if (!this.#isVideoShown) this.#viewer.busy('Downloading the engine …', total ? loaded / total : undefined);
      },
      ready: ({ info, files }) => this.#ready(info, files),
      unsupported: ({ message }) => this.#recovery.onUnsupported(message),
      'rejected-styles': ({ ids }) => this.#library.userStyles.reportUnusable(ids),
      lost: ({ message }) => this.#recovery.onLost(message),
      stopped: ({ message }) => this.#recovery.onStopped(message),
    });
    this.#viewer.split.addEventListener('split', () => {
      const split = this.#viewer.split.value;
      this.#controls.comparing = split > 0;
      this.#store.updateLook({ split });
    });
    const open = () => document.getElementById('file')?.click();
    const compare = () => this.#viewer.split.toggle();
    const save = () => this.#exporter.save();
    const camera = () => {
      this.#store.leaveJob();
      this.#video.toggleCamera();
    };
    const random = () => this.#selection.shuffle();
    this.#controls.listen({
      open,
      compare,
      save,
      camera,
      random,
      copy: () => this.#exporter.copy(),
      share: () => this.#exporter.share(),
      joining: (on) => (this.#styleList.joining = on),
      undo: () => this.#settings.step('undo'),
      asStyle: () => {
        const { photo } = this.#store.state;
        if (photo) this.#library.encode(storedPainting(photo.bitmap), photo.name);
      },
      sample: (id) => this.#photos.open(() => openSample(id)),
    });
    listenForShortcuts({
      open,
      compare,
      save,
      camera,
      random,
      record: () => this.#video.toggleRecording(),
      escape: () => this.#escape(),
      strength: (percent) => {
        if (!this.#store.isJobShown) this.#controls.strength = percent / 100;
      },
      mirror: () => this.#video.mirror(),
      play: () => this.#viewer.videoBar.togglePlay(),
      undo: () => this.#settings.step('undo'),
      redo: () => this.#settings.step('redo'),
      help: () => this.#controls.showHelp(),
      step: (by) => this.#styleList.step(by),
    });
    listenForFiles({
      files: this.#router.route.bind(this.#router),
      styles: (given) => this.#library.addFiles(given),
      pasted: (given) => this.#router.paste(given),
      nothing: (message) => this.#toast.show(message),
    });
    this.#styleList.showPlaceholders(PLACEHOLDER_COUNT);
    this.#start();
    this.#photos.open(() => openSample(SAMPLES[0].id));
    setUpPwa({
      opened: (files) => this.#openFiles(files),
      shared: (files) => this.#openShared(files),
      update: (message, reload) => this.#toast.notify('update', message, { label: 'Reload', run: reload }),
    });
  }

  /** Opens files, also while the page starts. Several files wait for the engine. @param {File[]} files */
  async #openFiles(files) {
    if (files.length > 1) await this.#firstReady;
    this.#router.route(files);
  }

  /** Opens shared files. Packs are added only after a confirmation. @param {File[]} files */
  #openShared(files) {
    if (files.length === 0) {
      this.#toast.notify('shared', 'Impasto received no files from the other app. Save the picture first, then open it here.');
    }
    this.#library.addFiles(files.filter(isPack), true);
    const others = files.filter((file) => !isPack(file));
    if (others.length > 0) this.#openFiles(others);
  }

  #start() {
    document.documentElement.dataset.state = 'starting';
    this.#store.update({ engine: undefined });
    this.#engine += 1;
    if (!this.#isVideoShown) this.#viewer.showCopy();
    this.#viewer.hideError();
    this.#viewer.busy('Starting the engine …');
    this.#client.start(this.#viewer.freshCanvas(), this.#recovery.engine);
    this.#library.sendToEngine();
  }

  /** @param {EngineInfo} started @param {string[]} files of the engine */
  async #ready(started, files) {
    const engine = this.#engine;
    const info = this.#recovery.onReady(started);
    await this.#library.ready;
    this.#selection.setStyles('built-in', info.styles.map((name) => ({ id: name, name, network: 'transfer26', kind: 'built-in' })));
    this.#selection.read(this.#selection.text);
    await this.#library.selectionLoaded();
    if (engine !== this.#engine) return;
    this.#controls.showEngine(info, sizeInAddress() ?? this.#settings.settings.size);
    this.#viewer.idle();
    document.documentElement.dataset.state = 'ready';
    // This starts the modes.
    this.#store.update({ engine: info });
    if (this.#isFirst && isBenchInAddress()) this.#bench.open(info);
    this.#isFirst = false;
    this.#resolveFirstReady();
    this.#library.loadThumbnails();
    await keepEngine(files);
    this.#controls.showOffline();
  }

  get #isVideoShown() {
    return this.#store.state.mode === 'video';
  }

  /** The styles that have a painting. */
  #styleOptions() {
    return styleOptions(this.#library.userStyles, this.#library.builtinStyles);
  }

  /** Closes, in this order: a message, the comparison, a job, the video. */
  #escape() {
    if (this.#toast.open) this.#toast.close();
    else if (this.#viewer.split.value > 0) this.#viewer.split.toggle();
    else if (this.#store.isJobShown) this.#store.leaveJob();
    else this.#video.close();
  }
}
