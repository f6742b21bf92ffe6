import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { services, type ServiceName } from '#contracts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configOf, variablesOf } from './harness/config-classes.js';
import { schemaError, typeErrors } from './harness/manifest-schema.js';
import { envOf, ofKind, parseManifests, podOf, readManifests, repository, type Manifest } from './harness/manifests.js';

const base = readManifests('deploy/kubernetes/base');
const keda = readManifests('deploy/kubernetes/keda');
const virtlet = readManifests('virtlet_deploy/micro-deployments.yaml');
const virtletLocal = readManifests('virtlet_deploy/micro-deployments-local.yaml');
const virtletServices = readManifests('virtlet_deploy/micro-services.yaml');
const all = [...base, ...keda, ...virtlet, ...virtletLocal, ...virtletServices];
const names = Object.keys(services) as ServiceName[];
/** A Service must say a port; a worker needs none, but its probes want a fixed one. */
const portOf = (name: ServiceName): number => services[name].port || 8005;

function named(manifests: Manifest[], kind: string, name: string): Manifest {
  const [found, ...more] = ofKind(manifests, kind).filter(({ metadata }) => metadata.name === name);
  expect(more, `${kind} ${name} is there once`).toEqual([]);
  if (!found) throw new Error(`There is no ${kind} ${name}`);
  return found;
}

const kubectl = ((): boolean => {
  try {
    execFileSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const app = 'app.kubernetes.io/name';
const portNumber = (deployment: string): number => portOf(deployment.replace('micro-', '') as ServiceName);

/** The objects of an overlay, as kustomize builds them. */
function built(folder: string): Manifest[] {
  const place = join(repository, 'deploy/kubernetes', folder);
  return parseManifests(execFileSync('kubectl', ['kustomize', place]).toString());
}

describe('Every manifest', () => {
  it('is accepted by the schema of its kind', () => {
    for (const manifest of all) expect(schemaError(manifest), `${manifest.kind} ${manifest.metadata.name}`).toBeNull();
  });

  it('has no field that its kind does not know', () => {
    expect(typeErrors(all)).toEqual([]);
  });

  it('would not be accepted with a misspelt field or a wrong value', () => {
    const wrong = structuredClone(named(base, 'Deployment', 'micro-db'));
    Object.assign(wrong.spec, { replica: 1 });
    expect(typeErrors([wrong])).toEqual([expect.stringContaining('"replica"')]);

    podOf(wrong).container.ports![0]!.containerPort = 'http' as never;
    expect(schemaError(wrong)).toContain('containerPort must be integer');
  });
});

describe.each([
  ['containers', base],
  ['unikernels', [...virtlet, ...virtletServices]],
])('The services as %s', (kind, manifests) => {
  it.each(names)('have a Deployment that can be scaled by its name: %s', (name) => {
    const { spec } = named(manifests, 'Deployment', `micro-${name}`);

    expect(spec.template!.metadata.labels).toMatchObject(spec.selector!.matchLabels!);
    expect(spec.template!.spec.containers).toHaveLength(1);
    expect(spec.template!.spec.enableServiceLinks, 'or Service micro-db would set MICRO_DB_PORT').toBe(false);
  });

  it.each(names)('answer probes on the port that they listen on: %s', (name) => {
    const { container } = podOf(named(manifests, 'Deployment', `micro-${name}`));

    expect(container.ports).toEqual([{ name: 'http', containerPort: portOf(name) }]);
    expect(container.startupProbe!.httpGet).toEqual({ path: '/health/live', port: 'http' });
    expect(container.livenessProbe!.httpGet).toEqual({ path: '/health/live', port: 'http' });
    expect(container.readinessProbe!.httpGet).toEqual({ path: '/health/ready', port: 'http' });
  });

  it('are found through Services that select exactly their pods, on their own ports', () => {
    const found = ofKind(manifests, 'Service').map(({ metadata, spec }) => {
      expect(spec.ports).toMatchObject([{ targetPort: 'http' }]);
      const selected = ofKind(manifests, 'Deployment').filter(({ spec: { template } }) =>
        Object.entries(spec.selector!).every(([label, value]) => template!.metadata.labels[label] === value),
      );
      expect(selected.map((deployment) => deployment.metadata.name)).toEqual([metadata.name]);
      return [metadata.name, spec.ports![0]!.port];
    });
    const callable = names.filter((name) => name !== 'worker');
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(callable.map((name) => [`micro-${name}`, portOf(name)])),
    );
  });

  it('take the token from a Secret, which no manifest holds and the page says how to make', () => {
    const page = readFileSync(join(repository, 'doc/kubernetes.md'), 'utf8');
    for (const deployment of ofKind(manifests, 'Deployment')) {
      const token = podOf(deployment).container.env!.find(({ name }) => name === 'MICRO_TOKEN');
      expect(token?.valueFrom).toEqual({ secretKeyRef: { name: 'micro-token', key: 'MICRO_TOKEN' } });
    }
    expect(ofKind(all, 'Secret')).toEqual([]);
    expect(page).toContain('kubectl create secret generic micro-token --from-literal=MICRO_TOKEN=');
  });

  it('never run a store, or the registry, twice at once', () => {
    for (const name of ['db', 'storage', 'keyvaluestore']) {
      const { spec } = named(manifests, 'Deployment', `micro-${name}`);
      expect(spec, `${kind} ${name}`).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    }
  });
});

describe('The containers', () => {
  const deployments = ofKind(base, 'Deployment');

  it.each(deployments)('may do nothing that they need not: $metadata.name', (deployment) => {
    const { pod, container } = podOf(deployment);

    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const bound of ['requests', 'limits'] as const) {
      expect(Object.keys(container.resources![bound])).toEqual(['cpu', 'memory']);
    }
  });

  it.each(deployments)('have the time to stop cleanly: $metadata.name', (deployment) => {
    const { pod, container } = podOf(deployment);
    const before = container.lifecycle?.preStop.sleep.seconds ?? 0;

    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
      before + Number(envOf(deployment, 'MICRO_GRACE_SECONDS')),
    );
    expect(before > 0, 'a worker alone has nobody who calls it').toBe(deployment.metadata.name !== 'micro-worker');
  });

  it('give a worker the time that the slowest picture takes', () => {
    expect(Number(envOf(named(base, 'Deployment', 'micro-worker'), 'MICRO_GRACE_SECONDS'))).toBeGreaterThan(120);
  });

  it.each(names)('start the bundle of their service from the one image: %s', (name) => {
    const deployment = named(base, 'Deployment', `micro-${name}`);
    const { container } = podOf(deployment);

    expect(container.image).toBe('node-micro');
    expect(container.args).toEqual([`${name}/main.mjs`]);
    expect(envOf(deployment, `MICRO_${name.toUpperCase()}_PORT`)).toBe(String(portOf(name)));
  });

  it.each(names)('have an environment that the service takes: %s', (name) => {
    const { env } = podOf(named(base, 'Deployment', `micro-${name}`)).container;
    const own = env!.map((variable) => [variable.name, variable.value ?? 'a-token-from-the-secret']);
    const shared = named(base, 'ConfigMap', 'micro-settings').data!;
    for (const [variable] of own) expect(variablesOf(name)).toContain(variable);
    const known = names.flatMap((service) => variablesOf(service));
    for (const variable of Object.keys(shared)) expect(known).toContain(variable);

    const config = configOf(name, { ...shared, ...(Object.fromEntries(own) as Record<string, string>) });

    expect(config).toMatchObject({ port: portOf(name), listenHost: '0.0.0.0', logFormat: 'json' });
  });

  it('refer to nothing that is not there', () => {
    for (const deployment of deployments) {
      const { pod, container } = podOf(deployment);
      for (const { configMapRef } of container.envFrom!) named(base, 'ConfigMap', configMapRef.name);
      const volumes = (pod.volumes ?? []).map(({ name }) => name);
      expect((container.volumeMounts ?? []).map(({ name }) => name)).toEqual(volumes);
      for (const { persistentVolumeClaim } of pod.volumes ?? []) {
        if (persistentVolumeClaim) named(base, 'PersistentVolumeClaim', persistentVolumeClaim.claimName);
      }
    }
    for (const { metadata, spec } of ofKind(base, 'PodDisruptionBudget')) {
      expect(spec.selector!.matchLabels).toEqual(named(base, 'Deployment', metadata.name).spec.selector!.matchLabels);
    }
  });

  it('keep their data on one volume each', () => {
    const claims = deployments.flatMap((deployment) =>
      (podOf(deployment).pod.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim ?? []),
    );
    expect(claims).toEqual([{ claimName: 'micro-db' }, { claimName: 'micro-storage' }]);
    expect(named(base, 'ConfigMap', 'micro-settings').data).toMatchObject({ MICRO_DATA: '/data' });
  });

  it('find each other under the names and ports of the Services', () => {
    const { data } = named(base, 'ConfigMap', 'micro-settings');
    for (const name of ['keyvaluestore', 'db', 'storage', 'master'] as const) {
      expect(data![`MICRO_${name.toUpperCase()}_ENDPOINT`]).toBe(`micro-${name}:${portOf(name)}`);
    }
  });

  it('may call those whom they need, and are open to those alone', () => {
    const needs: Record<string, string[]> = {
      'micro-db': ['micro-keyvaluestore'],
      'micro-storage': ['micro-keyvaluestore'],
      'micro-master': ['micro-keyvaluestore', 'micro-db', 'micro-storage'],
      'micro-worker': ['micro-keyvaluestore', 'micro-master', 'micro-storage'],
      'micro-ui': ['micro-keyvaluestore', 'micro-master'],
    };
    const policies = ofKind(base, 'NetworkPolicy');
    for (const [caller, called] of Object.entries(needs)) {
      const own = named(policies, 'NetworkPolicy', caller).spec.egress ?? [];
      const shared = named(policies, 'NetworkPolicy', 'micro-names-and-registry').spec.egress!;
      const reached = [...shared, ...own].flatMap(({ to, ports }) =>
        to.flatMap(({ podSelector }) => (podSelector ? [[podSelector.matchLabels[app]!, ports[0]!.port]] : [])),
      );
      expect(reached, caller).toEqual(called.map((name) => [name, portNumber(name)]));
    }
    for (const called of ['micro-keyvaluestore', 'micro-db', 'micro-storage', 'micro-master']) {
      const [rule, ...more] = named(policies, 'NetworkPolicy', called).spec.ingress!;
      const callers = rule!.from!.flatMap(({ podSelector }) => podSelector?.matchLabels[app] ?? []);
      expect(callers, called).toEqual(Object.keys(needs).filter((caller) => needs[caller]!.includes(called)));
      expect(rule!.ports).toEqual([{ port: portNumber(called) }]);
      expect(more).toEqual([]);
    }
    expect(named(policies, 'NetworkPolicy', 'micro-nothing-else').spec).toMatchObject({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
  });
});

describe('The autoscaling of workers', () => {
  it('asks master for the backlog, and goes down to none', () => {
    const { spec } = named(keda, 'ScaledObject', 'micro-worker');
    const [{ type, metadata }] = spec.triggers as [NonNullable<typeof spec.triggers>[number]];
    const { namespace } = parse(
      readFileSync(join(repository, 'deploy/kubernetes/base/kustomization.yaml'), 'utf8'),
    ) as {
      namespace: string;
    };

    expect(spec.scaleTargetRef).toEqual(expect.objectContaining({ name: 'micro-worker' }));
    expect(spec.minReplicaCount).toBe(0);
    expect(type).toBe('metrics-api');
    expect(metadata.url).toBe(`http://micro-master.${namespace}.svc.cluster.local:${services.master.port}/queue`);
    expect(metadata.valueLocation).toBe('backlog');
    expect(Number(metadata.targetValue)).toBeGreaterThan(0);
  });

  it('shows master the token of the services, which an API with keys takes as well', () => {
    const [trigger] = named(keda, 'ScaledObject', 'micro-worker').spec.triggers!;
    const { spec } = named(keda, 'TriggerAuthentication', trigger!.authenticationRef!.name);

    expect(trigger!.metadata.authMode).toBe('bearer');
    expect(spec.secretTargetRef).toEqual([{ parameter: 'token', name: 'micro-token', key: 'MICRO_TOKEN' }]);
  });
});

describe('The unikernels of Virtlet', () => {
  it.each(ofKind(virtlet, 'Deployment'))('are marked and named as Virtlet wants: $metadata.name', (deployment) => {
    const { container, pod } = podOf(deployment);

    expect(deployment.spec.template!.metadata.annotations).toMatchObject({
      'kubernetes.io/target-runtime': 'virtlet.cloud',
      VirtletVCPUCount: expect.stringMatching(/^\d+$/) as string,
    });
    expect(JSON.stringify(pod.affinity)).toContain('{"key":"extraRuntime","operator":"In","values":["virtlet"]}');
    expect(container.image).toMatch(/^virtlet\.cloud\/[a-z0-9./-]+\.qemu$/);
    expect(container.image).toContain(`/${deployment.metadata.name}.qemu`);
    expect(container.resources!.limits.memory).toBe(container.resources!.requests.memory);
  });

  it('are the same from the image server inside of the cluster', () => {
    const elsewhere = JSON.stringify(virtlet).replaceAll('images.example.org/node-micro', 'image-service.kube-system');
    expect(JSON.parse(elsewhere)).toEqual(virtletLocal);
  });
});

describe('Docker', () => {
  interface Compose {
    services: Record<string, { command: string[]; environment: Record<string, string>; stop_grace_period: string }>;
  }
  const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
  const composed = parse(readFileSync(join(repository, 'compose.yaml'), 'utf8'), { merge: true }) as Compose;

  it('builds on the Node that the project pins, and runs as somebody who is not root', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(dockerfile).toContain(`ARG NODE_VERSION=${devDependencies.node}\n`);
    expect(dockerfile).toMatch(/^USER 65532:65532$/m);
  });

  it.each(names)('starts the bundle of %s', (name) => {
    const service = composed.services[name]!;

    expect(service.command).toEqual([`${name}/main.mjs`]);
    expect(service.environment.MICRO_TOKEN).toMatch(/^\$\{MICRO_TOKEN:\?/);
    for (const variable of Object.keys(service.environment)) expect(variablesOf(name)).toContain(variable);
    const grace = Number(service.environment.MICRO_GRACE_SECONDS ?? 20);
    expect(Number.parseInt(service.stop_grace_period)).toBeGreaterThan(grace);
  });
});

describe.skipIf(!kubectl)(`kubectl kustomize${kubectl ? '' : ' (kubectl is not installed)'}`, () => {
  it.each(['base', 'keda'])('makes objects of one namespace that the schemas accept: %s', (folder) => {
    const manifests = built(folder);

    for (const manifest of manifests) {
      expect(schemaError(manifest)).toBeNull();
      if (manifest.kind !== 'Namespace') expect(manifest.metadata.namespace).toBe('node-micro');
    }
    for (const deployment of ofKind(manifests, 'Deployment')) {
      expect(podOf(deployment).container.image).toMatch(/^node-micro:\d+\.\d+\.\d+$/);
    }
    const { replicas } = named(manifests, 'Deployment', 'micro-worker').spec;
    expect(replicas).toBe(folder === 'keda' ? undefined : 2);
  });
});
