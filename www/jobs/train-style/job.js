/** A course in the worker: from the pictures to the style. */
import { Shift } from '../loop.js';
import { Lessons } from '../../studio.js';
import { writerFor } from './checkpoints.js';

/**
 * @import { Checkpoint, FromStudio } from '../protocol.js'
 * @import { Studio, TrainPlan } from '../../studio.js'
 * @import { Course } from './protocol.js'
 */

export class Trainer extends Shift {
  /**
   * @param {Studio} studio
   * @param {Uint8Array} vgg its archive
   * @param {Uint8Array} network the archive of the network that learns
   * @param {(message: FromStudio, transfer?: Transferable[]) => void} send
   */
  constructor(studio, vgg, network, send) {
    super(send, 'learning');
    this.studio = studio;
    this.vgg = vgg;
    this.network = network;
  }

  /**
   * Learns to the end.
   * @param {Course} course
   * @param {Checkpoint | undefined} checkpoint
   * @throws {Error} with a sentence
   */
  async learn(course, checkpoint) {
    const { name, settings, subject, source, licence, thumbnail } = course;
    const { crop = 0, steps = 0 } = settings;
    if (checkpoint) this.progress = checkpoint.progress;
    const text = JSON.stringify(settings);
    /** @type {TrainPlan} */
    const plan = JSON.parse(this.studio.plan_training(text));
    this.send({ type: 'preparing', sentence: 'Looking at painting and photos …' });
    await this.openRecord(() => writerFor(course, checkpoint));
    const training = await this.studio.train(this.vgg, this.network, text, lessonsOf(course), checkpoint?.bytes);
    const { software } = JSON.parse(this.studio.info());
    const scales = [{ width: crop, height: crop, steps }];
    this.send({ type: 'begun', settings, plan: { ...plan, scales }, cost: undefined, software });
    const piece = {
      step: async () => {
        const report = await training.step();
        return report && { ...report, width: crop, height: crop };
      },
      picture: () => training.paint(subject.width, subject.height, subject.data),
      checkpoint: () => training.checkpoint(),
    };
    await this.work(piece);
    // What was stopped may go on some day.
    if (this.progress.step < steps) await this.keepNow(piece);
    const picture = await this.picture(piece);
    const pack = await training.pack(name, source, licence, thumbnail);
    training.free();
    this.send({ type: 'done', picture, pack }, [pack.buffer]);
  }
}

/** @param {Course} course */
function lessonsOf({ paintings, photos, scenes, starts }) {
  const lessons = new Lessons();
  for (const { pixels, weight } of paintings) lessons.add_painting(pixels.width, pixels.height, pixels.data, weight);
  for (const { width, height, data } of photos) lessons.add_photo(width, height, data);
  for (const { pack, weight } of starts) lessons.start_from(pack, weight);
  if (scenes > 0) lessons.add_scenes(scenes);
  return lessons;
}
