import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap, Namespace, PersistentVolumeClaim, Service } from 'kubernetes-models/v1';
import ts from 'typescript';
import { repository, type Manifest } from './manifests.js';

/** The kinds of our manifests, with where kubernetes-models declares each. */
const models = {
  'apps/v1 Deployment': [Deployment, 'kubernetes-models/apps/v1/Deployment'],
  'keda.sh/v1alpha1 ScaledObject': [ScaledObject, '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject'],
  'keda.sh/v1alpha1 TriggerAuthentication': [
    TriggerAuthentication,
    '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication',
  ],
  'networking.k8s.io/v1 NetworkPolicy': [NetworkPolicy, 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'],
  'policy/v1 PodDisruptionBudget': [PodDisruptionBudget, 'kubernetes-models/policy/v1/PodDisruptionBudget'],
  'v1 ConfigMap': [ConfigMap, 'kubernetes-models/v1/ConfigMap'],
  'v1 Namespace': [Namespace, 'kubernetes-models/v1/Namespace'],
  'v1 PersistentVolumeClaim': [PersistentVolumeClaim, 'kubernetes-models/v1/PersistentVolumeClaim'],
  'v1 Service': [Service, 'kubernetes-models/v1/Service'],
} as const;

/** Why a manifest is not what the Kubernetes API takes; null when it is. */
export function schemaError(manifest: Manifest): string | null {
  const model = modelOf(manifest);
  if (!model) return `${manifest.apiVersion} ${manifest.kind} is no known kind`;
  const [Model] = model;
  try {
    new Model(manifest as never).validate();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * What the compiler says of the manifests as literals of the API's types. The schemas let a misspelt field pass, as the
 * API server does unless it is told to be strict; in a literal, an unknown field is an error.
 */
export function typeErrors(manifests: Manifest[]): string[] {
  const path = `${repository}test/manifests-as-literals.ts`;
  const text = manifests
    .map((manifest, index) => {
      const [Model, module] = modelOf(manifest)!;
      return `const m${index}: import('${module}').I${Model.name} = ${JSON.stringify(manifest, null, 1)};\n`;
    })
    .join('');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    types: [],
  };
  const files = ts.createCompilerHost(options);
  const literals = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
  const host: ts.CompilerHost = {
    ...files,
    fileExists: (name) => name === path || files.fileExists(name),
    readFile: (name) => (name === path ? text : files.readFile(name)),
    getSourceFile: (name, ...rest) => (name === path ? literals : files.getSourceFile(name, ...rest)),
  };
  const program = ts.createProgram([path], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

function modelOf({ apiVersion, kind }: Manifest): (typeof models)[keyof typeof models] | undefined {
  return models[`${apiVersion} ${kind}` as keyof typeof models];
}
