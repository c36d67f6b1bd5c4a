// Rules for openapi.yaml that Redocly does not have. redocly.yaml turns them on and gives the reasons.
'use strict';

const compositions = ['allOf', 'oneOf', 'anyOf'];

/** Calls visit(schema, location) once for a schema and for each schema that it contains or refers to. */
function eachSchema(schema, location, ctx, visit, seen = new Set()) {
  const target = ctx.resolve(schema, location.source.absoluteRef);
  const node = target.node;
  const at = schema.$ref ? target.location : location;
  if (!node || seen.has(node)) return;
  seen.add(node);
  visit(node, at);
  const below = (child, path) => eachSchema(child, at.child(path), ctx, visit, seen);
  for (const name of Object.keys(node.properties ?? {})) below(node.properties[name], ['properties', name]);
  if (node.items) below(node.items, ['items']);
  if (typeof node.additionalProperties === 'object') below(node.additionalProperties, ['additionalProperties']);
  for (const key of compositions) (node[key] ?? []).forEach((child, i) => below(child, [key, i]));
}

/** Returns the keywords that are missing for a schema to limit its values. */
function missingBounds(schema) {
  if (schema.enum) return [];
  const need = {
    string: ['maxLength'],
    number: ['minimum', 'maximum'],
    integer: ['minimum', 'maximum'],
    array: ['maxItems'],
    object: schema.additionalProperties ? ['maxProperties'] : [],
  }[schema.type];
  return (need ?? []).filter((keyword) => schema[keyword] === undefined);
}

/** Each value that a client sends must have a limit in the contract, and not only in the database. */
function incomingBounds() {
  const reported = new Set(); // one schema may come in through several operations
  const check = (schema, location, ctx) =>
    eachSchema(schema, location, ctx, (node, at) => {
      if (reported.has(node)) return;
      const composed = compositions.some((key) => node[key]);
      const missing = node.type || composed || node.enum ? missingBounds(node) : ['type'];
      if (missing.length === 0) return;
      reported.add(node);
      ctx.report({
        message: `A value in a request must have limits: add ${missing.join(' and ')}.`,
        location: { ...at, reportOnKey: true },
      });
    });
  return {
    Parameter(parameter, ctx) {
      if (parameter.schema) check(parameter.schema, ctx.location.child(['schema']), ctx);
    },
    RequestBody(body, ctx) {
      for (const [type, media] of Object.entries(body.content ?? {})) {
        if (media.schema) check(media.schema, ctx.location.child(['content', type, 'schema']), ctx);
      }
    },
  };
}

/** Returns whether a schema, or the schema that it refers to, has a description. */
function isDescribed(schema, ctx) {
  const { node } = ctx.resolve(schema);
  return Boolean(node && (node.description || (node.allOf ?? []).some((part) => isDescribed(part, ctx))));
}

/** Each named schema, property, and header must have a description. */
function described() {
  const check = (what) => (schemas, ctx) => {
    if (ctx.location.pointer.includes('/not/')) return; // a rule about properties that are described where they are declared
    for (const name of Object.keys(schemas)) {
      if (isDescribed(schemas[name], ctx)) continue;
      ctx.report({
        message: `${what} "${name}" needs a description: meaning, unit, and what happens when.`,
        location: ctx.location.child([name]).key(),
      });
    }
  };
  return {
    NamedSchemas: check('Schema'),
    SchemaProperties: check('Property'),
    Header(header, ctx) {
      if (!header.description) ctx.report({ message: 'Header needs a description.', location: ctx.location.key() });
    },
  };
}

/** Returns the names of the properties that a schema declares, directly or in an allOf. */
function propertyNames(schema, ctx) {
  const { node } = ctx.resolve(schema);
  return [...Object.keys(node?.properties ?? {}), ...(node?.allOf ?? []).flatMap((part) => propertyNames(part, ctx))];
}

/**
 * Each required property must exist. `required` in `not` means properties of the schema around it, which Redocly's own rule does not
 * support.
 */
function requiredDefined() {
  const rules = new Map(); // the schemas in a `not`, and the names of the properties that they are about
  return {
    Schema(schema, ctx) {
      const names = rules.get(schema) ?? propertyNames(schema, ctx);
      (schema.required ?? []).forEach((name, i) => {
        if (names.includes(name)) return;
        ctx.report({ message: `Required property "${name}" is not defined.`, location: ctx.location.child(['required', i]) });
      });
      const parts = rules.has(schema) ? compositions.flatMap((key) => schema[key] ?? []) : [];
      for (const part of [schema.not, ...parts]) if (part) rules.set(part, names);
    },
  };
}

/** Requires examples where Redocly's own rule, which is only for scalar properties, does not. */
function exampled() {
  const hasExample = (schema, ctx) => {
    const node = schema && ctx.resolve(schema).node;
    if (!node) return false;
    return node.example !== undefined || (node.items !== undefined && hasExample(node.items, ctx));
  };
  const parameterOrHeader = (what) => (node, ctx) => {
    if (node.example !== undefined || node.examples !== undefined || hasExample(node.schema, ctx)) return;
    ctx.report({ message: `${what} needs an example.`, location: ctx.location.key() });
  };
  return {
    Parameter: parameterOrHeader('Parameter'),
    Header: parameterOrHeader('Header'),
    MediaType(media, ctx) {
      if (media.example !== undefined || Object.keys(media.examples ?? {}).length > 0) return;
      ctx.report({ message: 'Content needs an example: the explorer shows it, the tests send it.', location: ctx.location.key() });
    },
    SchemaProperties(properties, ctx) {
      for (const name of Object.keys(properties)) {
        const { node } = ctx.resolve(properties[name]);
        if (node?.type !== 'array' || !node.items || node.example !== undefined) continue;
        const items = ctx.resolve(node.items).node;
        if (!['string', 'number', 'integer', 'boolean'].includes(items?.type) || items.example !== undefined) continue;
        ctx.report({ message: `Array "${name}" needs an example, here or on its items.`, location: ctx.location.child([name]).key() });
      }
    },
  };
}

/** Two equal schemas must be one component with references. The order of keys does not matter. */
function unrepeated() {
  const firstSeen = new Map();
  const check = (what, identity, node, location, ctx) => {
    if (!node || node.$ref) return;
    const key = `${what} ${identity}`;
    if (!firstSeen.has(key)) {
      firstSeen.set(key, location.pointer);
      return;
    }
    ctx.report({
      message: `${what} stands here and at ${firstSeen.get(key)}: put it into components and refer to it.`,
      location: location.key(),
    });
  };
  const parameters = (node, ctx) =>
    (node.parameters ?? []).forEach((p, i) =>
      check('Parameter', `${p.in} ${p.name}`, p, ctx.location.child(['parameters', i]), ctx));
  return {
    PathItem: parameters,
    Operation(operation, ctx) {
      parameters(operation, ctx);
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        const at = ctx.location.child(['responses', status]);
        check('Response', sorted(response), response, at, ctx);
      }
    },
    Response(response, ctx) {
      for (const [name, header] of Object.entries(response.headers ?? {})) {
        check('Header', name.toLowerCase(), header, ctx.location.child(['headers', name]), ctx);
      }
    },
  };
}

function sorted(value) {
  return JSON.stringify(value, (_, v) =>
    v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v);
}

module.exports = function house() {
  return {
    id: 'house',
    rules: {
      oas3: {
        'incoming-bounds': incomingBounds,
        described,
        exampled,
        'required-defined': requiredDefined,
        unrepeated,
      },
    },
  };
};
