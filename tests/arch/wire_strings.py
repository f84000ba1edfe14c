# SPDX-License-Identifier: Apache-2.0
"""Prints every place in control/ that puts text into a `string` of our protobuf messages without
passing text::ToUtf8: one bad byte there ends the stream of a reader whose library checks.

Allowed are what passes it, literals and constants, and what another message says already (a getter).
Maps of strings are filled by PutText alone.
"""
import pathlib
import re
import sys

FIELD = re.compile(r'^\s*(?:repeated |optional )?([\w.]+) (\w+) = \d+', re.MULTILINE)
MAP = re.compile(r'^\s*map<string, string> (\w+) = ', re.MULTILINE)
ALLOWED = re.compile(r'^(?:text::ToUtf8\(.*\)|".*"|k[A-Z]\w*|[\w.\->*()]*\(\))$', re.DOTALL)
# Of a name that is a number's in one message and a string's in another: surely the number.
BARE = re.compile(r'^[a-z_]+(\.value\(?\)?)?$')


def fields():
    """The names of string fields, of fields of other types, and of maps of strings."""
    strings, others, maps = set(), set(), set()
    for path in pathlib.Path('proto/sluice').rglob('*.proto'):
        text = path.read_text()
        maps.update(MAP.findall(text))
        for kind, name in FIELD.findall(text):
            (strings if kind == 'string' else others).add(name)
    return strings, others, maps


def argument(text, begin):
    """What stands between the parenthesis that ends at `begin` and its partner."""
    depth = 1
    for end in range(begin, len(text)):
        depth += {'(': 1, ')': -1}.get(text[end], 0)
        if depth == 0:
            return ' '.join(text[begin:end].split())
    return text[begin:]


def findings(text, strings, others, maps):
    for match in re.finditer(r'\b(set|add|mutable)_(\w+?)_?\(', text):
        verb, name = match.groups()
        given = argument(text, match.end())
        if verb == 'mutable' and name in maps:
            caller = text[:match.start()].rsplit('\n', 2)[-2:]
            if not re.search(r'\b(PutText|FillLabels)\(', ' '.join(caller)):
                yield match.start()
        elif name not in strings:
            continue
        elif verb == 'mutable' or not given:
            rest = text[match.end() + 1:].lstrip()
            door = re.match(r'=\s+text::ToUtf8\(', rest)
            if rest.startswith('= ') and not door and name not in others:
                yield match.start()
        elif not ALLOWED.match(given) and not (name in others and BARE.match(given)):
            yield match.start()


def main():
    strings, others, maps = fields()
    sources = [path for path in sorted(pathlib.Path('control').glob('*.*'))
               if path.suffix in ('.h', '.cc') and not path.name.startswith('reflection')]
    for path in sources:
        text = path.read_text()
        for at in findings(text, strings, others, maps):
            line = text.count('\n', 0, at)
            print(f'{path}:{line + 1}: {text.splitlines()[line].strip()}')
    if not strings or not sources:
        sys.exit('nothing was looked at')


if __name__ == '__main__':
    main()
