import { services, type ServiceName } from '#contracts';
import { IsInt, Max, Min } from 'class-validator';

/** One environment variable of a configuration class. */
export interface EnvVariable {
  property: string;
  /** In order of precedence: the first one that is set counts. */
  names: string[];
  description: string;
  /** Its value must never be told, not even a wrong one. */
  secret: boolean;
}

const variablesOf = new WeakMap<object, EnvVariable[]>();

/** Fills a configuration property from an environment variable; an unset or empty one leaves the default. */
export function Env(
  names: string | string[],
  description: string,
  { secret = false }: { secret?: boolean } = {},
): PropertyDecorator {
  return (prototype, property) => {
    const variables = variablesOf.get(prototype) ?? [];
    variables.push({ property: String(property), names: [names].flat(), description, secret });
    variablesOf.set(prototype, variables);
  };
}

/** The port of a service: its own variable, or `PORT`. */
export function EnvPort(service: ServiceName): PropertyDecorator {
  const { title } = services[service];
  return (prototype, property) => {
    Env([`MICRO_${service.toUpperCase()}_PORT`, 'PORT'], `Port of ${title}; 0 takes any free one`)(prototype, property);
    for (const rule of [IsInt(), Min(0), Max(65_535)]) rule(prototype, property);
  };
}

/** The variables of a configuration class, those of its base class first. */
export function envVariables(type: abstract new () => object): EnvVariable[] {
  const variables: EnvVariable[] = [];
  for (
    let prototype = type.prototype as object | null;
    prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    variables.unshift(...(variablesOf.get(prototype) ?? []));
  }
  return variables;
}
