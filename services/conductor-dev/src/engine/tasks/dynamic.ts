import type { PlannedTask } from '../../definitions/plan.ts';
import type { Json } from '../../definitions/types.ts';
import { javaText } from '../../expressions/java-text.ts';
import { EndWorkflow } from '../model.ts';

/**
 * DYNAMIC: a task whose name, and with it its type, stands in its input. It keeps the definition of its place: without
 * one that is neither tried again nor timed out, whatever is registered under the name.
 *
 * @throws {EndWorkflow} when the input has no name.
 */
export function nameDynamicTask(place: PlannedTask, input: Json): PlannedTask {
  const parameter = place.task.dynamicTaskNameParam ?? '';
  const name = input[parameter] ?? undefined;
  if (name === undefined) {
    throw new EndWorkflow(
      `Cannot map a dynamic task based on the parameter and input. Parameter= ${parameter}, input= ${javaText(input)}`,
      'FAILED',
    );
  }
  return { ...place, task: { ...place.task, name: javaText(name) } };
}
