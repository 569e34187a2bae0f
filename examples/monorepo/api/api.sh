#!/bin/sh
echo "api of $(cat /etc/company)"
