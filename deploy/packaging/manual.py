#!/usr/bin/env python3
"""Writes the manual pages of a tool, one for each command, from what the tool says of itself.

    manual.py TOOL FOLDER

TOOL is the program. It is asked for its commands (--experimental-dump-help) and its version. The date of the pages is
SOURCE_DATE_EPOCH, or now.
"""
import json
import os
import subprocess
import sys
import time

# What a tool may find in its environment changes what it says of itself, such as its defaults.
EMPTY = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}


def ask(tool, *arguments):
    return subprocess.run([tool, *arguments], env=EMPTY, cwd="/", check=True, capture_output=True, text=True).stdout


def roff(text):
    """Text as roff takes it: nothing in it is an order, and it is ASCII."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti")
    text = "".join(letter if ord(letter) < 128 else "\\[u%04X]" % ord(letter) for letter in text)
    return "\\&" + text if text.startswith(".") else text


def bold(text):
    return "\\fB" + roff(text) + "\\fR"


def italic(text):
    return "\\fI" + roff(text) + "\\fR"


def prose(text):
    """Paragraphs, which blank lines part. A line that is indented is an example, and stays a line of its own."""
    lines = []
    for paragraph in filter(None, (part.strip("\n") for part in text.split("\n\n"))):
        lines.append(".PP")
        is_example = False
        for line in paragraph.split("\n"):
            if line.startswith(" ") != is_example:
                lines += [".RE", ".fi"] if is_example else [".nf", ".RS 4"]
                is_example = not is_example
            lines.append(roff(line.strip()))
        if is_example:
            lines += [".RE", ".fi"]
    return lines


def dashed(name):
    return ("--" if name["kind"] == "long" else "-") + name["name"]


def shown(items):
    return [item for item in items or [] if item.get("shouldDisplay", True)]


def is_general(argument):
    return any(name["name"] in ("help", "version") for name in argument.get("names", []))


def synopsis(argument):
    value = italic(argument["valueName"])
    if argument["kind"] == "positional":
        text = value
    else:
        text = bold(dashed(argument["preferredName"]))
        if argument["kind"] == "option":
            text += " " + value
    if argument["isRepeating"]:
        text += " ..."
    return "[" + text + "]" if argument["isOptional"] else text


def describe(argument):
    if argument["kind"] == "positional":
        head = italic(argument["valueName"])
    else:
        head = ", ".join(bold(dashed(name)) for name in argument["names"])
        if argument["kind"] == "option":
            head += " " + italic(argument["valueName"])
    words = [argument.get("abstract", ""), argument.get("discussion", "")]
    default = argument.get("defaultValue")
    if default and "(default:" not in words[0]:
        words.append("(default: " + default + ")")
    values = argument.get("allValues")
    if values and not all(value in words[0] for value in values):
        words.append("(values: " + ", ".join(values) + ")")
    return [".TP", head, roff(" ".join(filter(None, words)) or "See above.")]


def page(path, command, version, date):
    name = "-".join(path)
    arguments = shown(command.get("arguments"))
    subcommands = [each for each in shown(command.get("subcommands")) if each["commandName"] != "help"]
    abstract = command.get("abstract", "")
    lines = [
        '.\\" Written from the definitions of the tool. Changes here are lost.',
        '.TH "%s" 1 "%s" "%s" "Sluice"' % (roff(name.upper()), date, roff(version)),
        ".SH NAME",
        roff(name) + " \\- " + roff(abstract.rstrip(".")),
        ".SH SYNOPSIS",
        ".nh",
        ".ad l",
        ".HP",
        " ".join([bold(" ".join(path))] + [synopsis(each) for each in arguments if not is_general(each)]
                 + ([italic("command") + " ..."] if subcommands else [])),
        ".ad b",
        ".hy",
    ]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION"] + prose(command["discussion"])[1:]
    if subcommands:
        lines.append(".SH COMMANDS")
        for each in subcommands:
            lines += [".TP", bold(each["commandName"]), roff(each.get("abstract", "")),
                      "See " + bold(name + "-" + each["commandName"]) + "(1)."]
    positional = [each for each in arguments if each["kind"] == "positional"]
    options = [each for each in arguments if each["kind"] != "positional"]
    if positional:
        lines.append(".SH ARGUMENTS")
        for each in positional:
            lines += describe(each)
    if options:
        lines.append(".SH OPTIONS")
        for each in options:
            lines += describe(each)
    others = ["-".join(path[:-1])] if len(path) > 1 else []
    others += [name + "-" + each["commandName"] for each in subcommands]
    if others:
        lines += [".SH SEE ALSO", ",\n".join(bold(other) + "(1)" for other in others)]
    return "\n".join(lines) + "\n"


def write(folder, path, command, version, date):
    with open(os.path.join(folder, "-".join(path) + ".1"), "w", encoding="ascii") as file:
        file.write(page(path, command, version, date))
    for each in shown(command.get("subcommands")):
        if each["commandName"] != "help":
            write(folder, path + [each["commandName"]], each, version, date)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: manual.py TOOL FOLDER")
    tool, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    command = json.loads(ask(tool, "--experimental-dump-help"))["command"]
    version = ask(tool, "--version").split("\n")[0].split(" (")[0]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    os.makedirs(folder, exist_ok=True)
    write(folder, [command["commandName"]], command, version, time.strftime("%Y-%m-%d", time.gmtime(seconds)))


if __name__ == "__main__":
    main()
