import 'reflect-metadata';
import { validateSync } from 'class-validator';
import { ConfigError } from './config-error.js';
import { envVariables } from './env.js';
import type { ServiceConfig } from './service-config.js';

/**
 * Reads and checks a configuration class from the environment, once, at start.
 * @param args the command line: its first argument is the registry's endpoint, as in `nest start db -- localhost:8000`.
 * @throws ConfigError naming the first wrong variable.
 */
export function loadConfig<Config extends ServiceConfig>(
  type: new () => Config,
  env: NodeJS.ProcessEnv = process.env,
  args: string[] = process.argv.slice(2),
): Config {
  const config = new type();
  const fields = config as Record<string, unknown>;
  const variables = envVariables(type);
  const used = new Map<string, string>();
  for (const { property, names } of variables) {
    const name = names.find((candidate) => env[candidate]?.trim());
    used.set(property, name ?? names[0]!);
    if (name)
      fields[property] = convert(env[name]!.trim(), Reflect.getMetadata('design:type', type.prototype, property));
  }
  if (args[0]) {
    config.keyvaluestoreEndpoint = args[0];
    used.set('keyvaluestoreEndpoint', 'The first argument');
  }
  const [wrong] = validateSync(config);
  if (wrong) {
    const [message] = Object.values(wrong.constraints ?? {});
    const name = used.get(wrong.property) ?? wrong.property;
    const secret = variables.some((variable) => variable.property === wrong.property && variable.secret);
    // As it was written: a number that is none would be told as NaN.
    const value = JSON.stringify(env[name]?.trim() || String(wrong.value));
    throw new ConfigError(`${message?.replace(wrong.property, name)}${secret ? '' : ` (it is ${value})`}`);
  }
  config.check();
  return config;
}

function convert(text: string, type: unknown): unknown {
  if (type === Number) return Number(text);
  if (type === Boolean) return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
  return text;
}
