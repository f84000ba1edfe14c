#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes helm/sluice/README.md and values.schema.json of the comments in helm/sluice/values.yaml.

    chart_docs.py            writes both
    chart_docs.py --check    1 and the difference if one is not as it would be written

Reads the part of YAML that values.yaml is written in: maps by two spaces, scalars, {} and [], and below
a key with a type of its own anything. The comment above a key is its description; it may begin with
[TYPE]:

    [int 0..10]  [port]  [duration]  [digest]  [host-port]  [enum: a, b]  [int-or-percent]
    [map]  [object]  [k8s]  [list]  [list of objects]  [list of host-port]

Without one the default shows the type. null is allowed everywhere.
"""
import difflib
import json
import os
import re
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'helm', 'sluice')
DURATION = r'^(0|([0-9]+(\.[0-9]+)?(h|m|s|ms|us|ns))+)$'
HOST_PORT = r'^[^\s,/@]+$'


class Value:
    def __init__(self, path, kind, text, section):
        self.path = path  # ('image', 'tag')
        self.kind = kind  # the word in brackets, or ''
        self.text = text  # the description
        self.section = section
        self.default = ''  # as it is written
        self.below = []  # lines of a value that is no scalar and no block of ours


def fail(number, why):
    sys.exit(f'values.yaml:{number}: {why}')


def scalar(text):
    """The value of what is written in one line, as JSON has it."""
    if text in ('', 'null', '~'):
        return None
    if text in ('true', 'false'):
        return text == 'true'
    if re.fullmatch(r'-?[0-9]+', text):
        return int(text)
    if text[0] in '"[{':
        return json.loads(text)
    return text


def described(comment, number):
    """The kind and the text of a comment."""
    text = ' '.join(comment).strip()
    found = re.match(r'\[([a-z0-9-]+[^\]]*)\] ', text)
    if not found:
        return '', text
    return found.group(1), text[found.end():]


class Reader:
    def __init__(self, lines):
        self.values = []
        self.blocks = {}
        self.stack = []  # the keys above
        self.comment = []
        self.section = ''
        self.opaque = None  # the value that following deeper lines belong to
        for number, line in enumerate(lines, 1):
            self.take(number, line.rstrip('\n'))

    def take(self, number, line):
        indent = len(line) - len(line.lstrip(' '))
        if self.opaque and line.strip() and indent > self.depth(self.opaque):
            self.opaque.below.append(line[self.depth(self.opaque) + 2:])
            return
        self.opaque = None
        text = line.strip()
        if text.startswith('# @section '):
            self.section = text[len('# @section '):]
            self.comment = []
        elif text.startswith('#'):
            self.comment.append(text[1:].strip())
        elif not text:
            self.comment = []
        else:
            self.key(number, indent, text)
            self.comment = []

    @staticmethod
    def depth(value):
        return 2 * (len(value.path) - 1)

    def key(self, number, indent, text):
        found = re.fullmatch(r'([A-Za-z][A-Za-z0-9]*):(?: (.*))?', text)
        if not found or indent % 2 or indent // 2 > len(self.stack):
            fail(number, f'is no key: {text}')
        self.stack = self.stack[:indent // 2] + [found.group(1)]
        kind, description = described(self.comment, number)
        if found.group(2) is None and not self.comment:
            return  # a block, whose values speak for themselves
        if not description:
            fail(number, f'{".".join(self.stack)} has no comment')
        value = Value(tuple(self.stack), kind, description, self.section)
        value.default = found.group(2) or ''
        if found.group(2) is None:
            self.opaque = value
        self.values.append(value)


# --- The schema ----------------------------------------------------------------------------------

def nullable(schema):
    kinds = schema.get('type')
    if isinstance(kinds, str):
        schema['type'] = [kinds, 'null']
    if 'enum' in schema:
        schema['enum'] = schema['enum'] + [None]
    return schema


def ranged(kind):
    low, _, high = kind.split(' ')[1].partition('..')
    schema = {'type': 'integer'}
    if low:
        schema['minimum'] = int(low)
    if high:
        schema['maximum'] = int(high)
    return schema


def of_kind(kind):
    if kind.startswith('int '):
        return ranged(kind)
    if kind.startswith('enum: '):
        return {'type': 'string', 'enum': [word.strip() for word in kind[len('enum: '):].split(',')]}
    return {
        'port': lambda: {'type': 'integer', 'minimum': 1, 'maximum': 65535},
        # A number is a duration only if it is 0, as for the gateway.
        'duration': lambda: {'type': ['string', 'integer', 'null'],
                             'anyOf': [{'type': 'null'}, {'const': ''}, {'const': 0},
                                       {'type': 'string', 'pattern': DURATION}]},
        'digest': lambda: {'type': 'string', 'pattern': '^(|sha256:[0-9a-f]{64})$'},
        'host-port': lambda: {'type': 'string'},
        'int-or-percent': lambda: {'type': ['integer', 'string', 'null'], 'minimum': 0,
                                   'pattern': '^[0-9]+%$'},
        'map': lambda: {'type': 'object', 'additionalProperties':
                        {'type': ['string', 'number', 'boolean', 'null']}},
        'object': lambda: {'type': 'object'},
        'k8s': lambda: {'type': 'object'},
        'list': lambda: {'type': 'array'},
        'list of objects': lambda: {'type': 'array', 'items': {'type': 'object'}},
        'list of host-port': lambda: {'type': 'array', 'items': {'type': 'string', 'pattern': HOST_PORT}},
    }[kind]()


def of_default(value):
    default = scalar(value.default)
    if isinstance(default, bool):
        return {'type': 'boolean'}
    if isinstance(default, str):
        return {'type': 'string'}
    sys.exit(f'values.yaml: {".".join(value.path)}: say its type in brackets')


# Names of options are the gateway's to know; what it could never read is refused here.
CONFIG = {
    'additionalProperties': False,
    'patternProperties': {'^[a-z][a-z0-9-]*$': {'anyOf': [
        {'type': ['string', 'number', 'boolean', 'null']},
        {'type': 'array', 'items': {'type': ['string', 'number', 'boolean']}},
    ]}},
}


def block():
    return {'type': ['object', 'null'], 'additionalProperties': False, 'properties': {}}


def schema(values):
    root = block()
    root = {'$schema': 'https://json-schema.org/draft/2020-12/schema',
            'title': 'Values of the chart sluice', **root, 'type': 'object'}
    for value in values:
        at = root
        for key in value.path[:-1]:
            at = at['properties'].setdefault(key, block())
        own = nullable(of_kind(value.kind) if value.kind else of_default(value))
        if value.path == ('config',):
            own.update(CONFIG)
        own['description'] = value.text
        at['properties'][value.path[-1]] = own
    # A condition of an umbrella chart's dependency is a value of the subchart.
    root['properties']['enabled'] = {
        'type': ['boolean', 'null'], 'description': 'The condition of an umbrella chart; not used here.'}
    return json.dumps(root, indent=2) + '\n'


# --- The page ------------------------------------------------------------------------------------

HEAD = '''<!-- Made by tools/chart_docs.py of values.yaml; change that. -->
# Helm chart of Sluice

Installs the [gateway](../../README.md) as a StatefulSet, with what a cluster needs around it.
[docs/kubernetes.md](../../docs/kubernetes.md) leads from nothing to an installation, and says what deploys, load balancers and
autoscalers do to client sockets.

```sh
helm install sluice helm/sluice --set control.token.existingSecret=sluice-control
```

Values that the schema does not know are refused with their name; `null` takes a default back. All values:
'''


def cell(value):
    default = value.default or ' '.join(' '.join(value.below).split())
    default = default.replace('|', '\\|')
    return f'`{default}`' if default else ''


def kind_cell(value):
    if value.kind.startswith('enum: '):
        words = [word.strip() for word in value.kind[len('enum: '):].split(',')]
        return ', '.join(f'`{word}`' for word in words if word)
    if value.kind == 'k8s':
        return 'object'
    return value.kind or {bool: 'switch', str: 'text'}[type(scalar(value.default))]


def page(values):
    lines = [HEAD.rstrip('\n')]
    section = None
    for value in values:
        if value.section != section:
            section = value.section
            lines += ['', f'## {section}', '', '| value | type | default | meaning |', '|---|---|---|---|']
        text = value.text.replace('|', '\\|')
        lines.append(f'| `{".".join(value.path)}` | {kind_cell(value)} | {cell(value)} | {text} |')
    return '\n'.join(lines) + '\n'


def main(arguments):
    check = arguments == ['--check']
    if arguments and not check:
        sys.exit('chart_docs.py takes --check or nothing')
    with open(os.path.join(FOLDER, 'values.yaml'), encoding='utf-8') as file:
        values = Reader(file.readlines()).values
    stale = 0
    for name, text in (('README.md', page(values)), ('values.schema.json', schema(values))):
        path = os.path.join(FOLDER, name)
        if not check:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            continue
        with open(path, encoding='utf-8') as file:
            have = file.read()
        if have != text:
            stale = 1
            sys.stdout.writelines(difflib.unified_diff(
                have.splitlines(True), text.splitlines(True), name, f'{name} as values.yaml has it'))
    if stale:
        sys.exit('helm/sluice is not as its values.yaml says; run tools/chart_docs.py')


if __name__ == '__main__':
    main(sys.argv[1:])
