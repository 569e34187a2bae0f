"""Signs the words that it is called with."""

import sys

import itsdangerous

print(itsdangerous.Signer("an example's secret").sign(" ".join(sys.argv[1:])).decode())
