#!/bin/sh
set -e
echo "worker, and $(client)"
