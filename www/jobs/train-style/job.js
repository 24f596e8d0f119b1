/** A training in the worker. */
import { JobLoop } from '../loop.js';
import { writerFor } from './checkpoints.js';

/**
 * @import { Checkpoint, FromJobWorker } from '../protocol.js'
 * @import { Studio, TrainPlan } from '../../studio.js'
 * @import { StudioModule } from '../job-device.js'
 * @import { TrainRun } from './protocol.js'
 */

export class TrainJob extends JobLoop {
  /**
   * @param {Pick<StudioModule, 'TrainingInput'>} module of the device
   * @param {Studio} studio
   * @param {Uint8Array} vgg the archive of VGG weights
   * @param {Uint8Array} network the archive of the network that the style is for
   * @param {(message: FromJobWorker, transfer?: Transferable[]) => void} send
   */
  constructor(module, studio, vgg, network, send) {
    super(send, 'learning');
    this.module = module;
    this.studio = studio;
    this.vgg = vgg;
    this.network = network;
  }

  /**
   * Runs the training to its end.
   * @param {TrainRun} run
   * @param {Checkpoint | undefined} checkpoint
   * @throws {Error} with a message for the user
   */
  async execute(run, checkpoint) {
    const { name, settings, subject, source, licence, thumbnail } = run;
    const { crop = 0, steps = 0 } = settings;
    if (checkpoint) this.progress = checkpoint.progress;
    const text = JSON.stringify(settings);
    /** @type {TrainPlan} */
    const plan = JSON.parse(this.studio.plan_training(text, run.network));
    this.send({ type: 'preparing', message: 'Computing the targets …' });
    await this.openStore(() => writerFor(run, checkpoint));
    const training = await this.studio.train(this.vgg, this.network, text, this.#dataOf(run), checkpoint?.bytes);
    const { software } = JSON.parse(this.studio.info());
    const scales = [{ width: crop, height: crop, steps }];
    this.send({ type: 'started', settings, plan: { ...plan, scales }, stepTimes: undefined, software });
    const piece = {
      step: async () => {
        const report = await training.step();
        return report && { ...report, stage: 0, width: crop, height: crop };
      },
      picture: () => training.paint(subject.width, subject.height, subject.data),
      checkpoint: () => training.checkpoint(),
    };
    await this.run(piece);
    // A stopped training can be continued later.
    if (this.progress.step < steps) await this.saveCheckpoint(piece);
    const picture = await this.picture(piece);
    const pack = await training.pack(name, source, licence, thumbnail);
    training.free();
    this.send({ type: 'done', picture, pack }, [pack.buffer]);
  }

  /** @param {TrainRun} run */
  #dataOf({ paintings, photos, scenes, starts }) {
    const data = new this.module.TrainingInput();
    for (const { pixels, weight } of paintings) data.add_painting(pixels.width, pixels.height, pixels.data, weight);
    for (const { width, height, data: rgba } of photos) data.add_photo(width, height, rgba);
    for (const { pack, weight } of starts) data.start_from(pack, weight);
    if (scenes > 0) data.add_scenes(scenes);
    return data;
  }
}
