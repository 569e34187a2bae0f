#!/usr/bin/env python3
"""Prints what is left on a terminal when all that a program wrote to it has been shown.

    tools/look/show-screen.py [COLUMNS] <typescript

It knows what stacker's progress needs: carriage return, line feed, and "ESC [" with A (cursor up), K (erase to the end
of the line) and J (erase to the end of the screen). Anything else that moves the cursor is an error.
"""
import re
import sys

columns = int(sys.argv[1]) if len(sys.argv) > 1 else 80
lines, row, column = [[]], 0, 0
text = sys.stdin.buffer.read().decode("utf-8", "replace")

for control, final, plain in re.findall(r"\x1b\[([0-9;]*)([A-Za-z])|([\s\S])", text):
    if final == "A":
        row = max(0, row - int(control or 1))
    elif final == "K":
        del lines[row][column:]
    elif final == "J":
        del lines[row][column:]
        del lines[row + 1 :]
    elif final:
        sys.exit(f"unknown control sequence ESC [{control}{final}")
    elif plain == "\r":
        column = 0
    elif plain == "\n":
        row += 1
        if row == len(lines):
            lines.append([])
    elif plain < " ":
        sys.exit(f"unknown control character {ord(plain)}")
    else:
        if column == columns:
            # The terminal goes on in the next line.
            row, column = row + 1, 0
            if row == len(lines):
                lines.append([])
        lines[row] += " " * (column + 1 - len(lines[row]))
        lines[row][column] = plain
        column += 1

while len(lines) > 1 and not lines[-1]:
    lines.pop()
for line in lines:
    print("".join(line))
