import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const repository = new URL('../..', import.meta.url).pathname;

interface Named {
  name: string;
}

interface Probe {
  httpGet?: { path: string; port: string };
}

export interface Container extends Named {
  image: string;
  args?: string[];
  ports?: { name: string; containerPort: number }[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  envFrom?: { configMapRef: Named }[];
  resources?: Record<'requests' | 'limits', Record<string, string>>;
  securityContext?: Record<string, unknown>;
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  volumeMounts?: (Named & { mountPath: string })[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}

export interface PodSpec {
  containers: Container[];
  enableServiceLinks?: boolean;
  automountServiceAccountToken?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: Record<string, unknown>;
  volumes?: (Named & { persistentVolumeClaim?: { claimName: string } })[];
  topologySpreadConstraints?: unknown[];
  affinity?: unknown;
}

/** A Kubernetes object; the fields that tests look at. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Named & { namespace?: string };
  data?: Record<string, string>;
  spec: {
    replicas?: number;
    strategy?: { type: string };
    selector?: Record<string, unknown> & { matchLabels?: Record<string, string> };
    ports?: { port: number; targetPort: string }[];
    template?: {
      metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
      spec: PodSpec;
    };
    podSelector?: { matchLabels?: Record<string, string> };
    ingress?: { from?: { podSelector?: { matchLabels: Record<string, string> } }[]; ports: { port: number }[] }[];
    egress?: { to: { podSelector?: { matchLabels: Record<string, string> } }[]; ports: { port: number }[] }[];
    scaleTargetRef?: Named;
    triggers?: { type: string; metadata: Record<string, string>; authenticationRef?: Named }[];
    secretTargetRef?: (Named & { parameter: string; key: string })[];
    minReplicaCount?: number;
  };
}

/** The objects in a text of YAML documents. @throws Error for a text that is no YAML, or has a key twice */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = 'errors' in document ? document.errors : [];
    if (error) throw error;
    return document.toJS() as Manifest;
  });
}

/** The objects of a file, or of all YAML files of a folder. */
export function readManifests(...path: string[]): Manifest[] {
  const place = join(repository, ...path);
  const files = place.endsWith('.yaml')
    ? [place]
    : readdirSync(place)
        .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
        .map((name) => join(place, name));
  return files.flatMap((file) => parseManifests(readFileSync(file, 'utf8')));
}

export function ofKind(manifests: Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

/** The pods of a Deployment, and its only container. */
export function podOf(deployment: Manifest): { pod: PodSpec; container: Container } {
  const pod = deployment.spec.template!.spec;
  return { pod, container: pod.containers[0]! };
}

export function envOf(deployment: Manifest, name: string): string | undefined {
  return podOf(deployment).container.env?.find((variable) => variable.name === name)?.value;
}
