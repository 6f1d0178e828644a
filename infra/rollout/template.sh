#!/bin/sh
# Prints template.yaml so that a deploy shifts the traffic gradually, through an alias of each function and CodeDeploy.
# `make deploy ROLLOUT=Canary10Percent5Minutes` calls it.
#
# This can't be a parameter of the template: SAM takes neither a condition nor an empty text as AutoPublishAlias, and with an
# alias that is always there a changed parameter would not reach the functions.
set -eu
cd "$(dirname "$0")"

type=${1-}
case $type in
Canary10Percent5Minutes | Canary10Percent10Minutes | Canary10Percent15Minutes | Canary10Percent30Minutes) ;;
Linear10PercentEvery1Minute | Linear10PercentEvery2Minutes | Linear10PercentEvery3Minutes | Linear10PercentEvery10Minutes) ;;
*)
  echo "A rollout is Canary10Percent5Minutes, ...10Minutes, ...15Minutes or ...30Minutes," >&2
  echo "or Linear10PercentEvery1Minute, ...2Minutes, ...3Minutes or ...10Minutes." >&2
  exit 2
  ;;
esac

sed -e '/# <infra\/rollout\/globals.yaml>/ {
  r globals.yaml
  d
}' -e '/# <infra\/rollout\/resources.yaml>/ {
  r resources.yaml
  d
}' ../../template.yaml | sed -e "s/@type@/$type/" -e "s/@release@/$(date -u +%Y%m%dT%H%M%SZ)/"
