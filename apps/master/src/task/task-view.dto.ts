import {
  taskStates,
  type FileReference,
  type ImageFacts,
  type Recipe,
  type Task,
  type TaskError,
  type TaskPage,
  type TaskState,
} from '#contracts';
import { ApiProperty } from '@nestjs/swagger';

/** What a picture is like, for whoever shows it before it has arrived. */
export class ImageFactsView implements ImageFacts {
  /** As #rrggbb; null when all of the picture is transparent. */
  @ApiProperty({ type: String, nullable: true })
  dominantColour!: string | null;
  /** A blurred preview, in base64: see https://evanw.github.io/thumbhash/ */
  thumbhash!: string;
  /** Whether any pixel is transparent, in part or altogether. */
  hasAlpha!: boolean;
  /** The make and model of the camera that took the source; null when the source does not say. */
  @ApiProperty({ type: String, nullable: true })
  camera!: string | null;
  /** ISO 8601, by the camera's clock, with the offset from UTC if it is known; null when the source does not say. */
  @ApiProperty({ type: String, nullable: true })
  takenAt!: string | null;
}

/** A file of a task as clients see it. */
export class FileView {
  /** The client's file name, or the output's name in the recipe. */
  name!: string;
  /** In bytes. */
  size!: number;
  /** Media type. */
  type!: string;
  /** Lower-case hex; also the ETag of the download. */
  sha256!: string;
  /** In pixels; null where nobody has decoded the picture. */
  @ApiProperty({ type: Number, nullable: true })
  width!: number | null;
  @ApiProperty({ type: Number, nullable: true })
  height!: number | null;
  /** Of an output whose recipe asks for them; otherwise null. */
  @ApiProperty({ type: ImageFactsView, nullable: true })
  facts!: ImageFactsView | null;
  /** Where to download it. */
  href!: string;
}

/** Why an attempt failed, as clients see it. */
export class TaskErrorView implements TaskError {
  /** One of the codes with which workers fail a task, or of a problem. */
  code!: string;
  /** In plain words, for whoever uploaded the image. */
  detail!: string;
  /** In the words of the library that met the error, without paths; null when there are none. */
  @ApiProperty({ type: String, nullable: true, maxLength: 1000 })
  technical!: string | null;
}

/** A task as clients see it: without file keys and lease tokens. Times are ISO 8601 in UTC. */
export class TaskView {
  id!: string;
  @ApiProperty({ enum: taskStates })
  state!: TaskState;
  /** What the worker is doing; null unless running. */
  @ApiProperty({ type: String, nullable: true })
  stage!: string | null;
  priority!: number;
  @ApiProperty({ type: Object })
  recipe!: Recipe;
  @ApiProperty({ type: Object })
  labels!: Record<string, string>;
  source!: FileView;
  /** Empty until the task is finished. */
  @ApiProperty({ type: [FileView] })
  outputs!: FileView[];
  /** How many times a worker began. */
  leaseNumber!: number;
  failures!: number;
  lostLeases!: number;
  /** Why the last attempt failed; null when none did. */
  @ApiProperty({ type: TaskErrorView, nullable: true })
  error!: TaskErrorView | null;
  /** When the next attempt may begin, after a failure. */
  @ApiProperty({ type: String, nullable: true })
  availableAt!: string | null;
  createdAt!: string;
  @ApiProperty({ type: String, nullable: true })
  startedAt!: string | null;
  @ApiProperty({ type: String, nullable: true })
  finishedAt!: string | null;
  href!: string;
}

/** A page of tasks, newest first. */
export class TaskPageView {
  @ApiProperty({ type: [TaskView] })
  tasks!: TaskView[];
  /** Pass as `after` for the next page; null on the last one. */
  @ApiProperty({ type: String, nullable: true })
  next!: string | null;
}

export function taskView(task: Task): TaskView {
  const href = `/task/${task.id}`;
  return {
    id: task.id,
    state: task.state,
    stage: task.stage,
    priority: task.priority,
    recipe: task.recipe,
    labels: task.labels,
    source: fileView(task.source, `${href}/source`),
    outputs: task.outputs.map((output) => fileView(output, `${href}/download?output=${output.name}`)),
    leaseNumber: task.leaseNumber,
    failures: task.failures,
    lostLeases: task.lostLeases,
    error: task.error && errorView(task.error),
    availableAt: task.availableAt,
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    finishedAt: task.finishedAt,
    href,
  };
}

export function taskPageView({ tasks, next }: TaskPage): TaskPageView {
  return { tasks: tasks.map(taskView), next };
}

function errorView({ code, detail, technical }: TaskError): TaskErrorView {
  return { code, detail, technical };
}

function fileView({ name, size, type, sha256, width, height, facts }: FileReference, href: string): FileView {
  return { name, size, type, sha256, width, height, facts: facts ? factsView(facts) : null, href };
}

function factsView({ dominantColour, thumbhash, hasAlpha, camera, takenAt }: ImageFacts): ImageFactsView {
  return { dominantColour, thumbhash, hasAlpha, camera, takenAt };
}
