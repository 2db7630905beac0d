# Completion of vouchgate for bash, generated from its --help by 'ninja -C build/dev regenerate'.
_vouchgate() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' answer='' word
  # --option=value: to readline '=' is a word of its own
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$verb $word" in
      ' key' | 'key create' | 'key show' | 'key export' | 'key test' | 'key remove' | ' atecc' | 'atecc scan' | 'atecc info' | 'atecc config' | 'atecc config show' | 'atecc plan' | 'atecc write' | 'atecc lock-config' | 'atecc lock-data' | 'atecc lock-slot' | 'atecc certificates' | ' token' | 'token mint' | 'token inspect' | ' status' | ' devices' | 'devices list' | 'devices show' | 'devices attach' | 'devices detach' | ' send' | ' listen' | ' renew' | ' spool' | 'spool stats' | 'spool audit' | 'spool list' | 'spool show' | 'spool retry' | 'spool discard' | ' check' | ' diag' | ' plan') verb=${verb:+$verb }$word ;;
    esac
  done
  case "$verb $prev" in
    *' --config') answer='@files' ;;
    'key create --handle') answer='' ;;
    'key export --format') answer='pem x509 der jwk' ;;
    'key export --out') answer='@files' ;;
    'key export --days') answer='' ;;
    'key export --common-name') answer='' ;;
    'atecc --bus') answer='@files' ;;
    'atecc --address') answer='' ;;
    'atecc --slot') answer='' ;;
    'atecc lock-config --serial') answer='' ;;
    'atecc lock-data --serial') answer='' ;;
    'atecc lock-slot --serial') answer='' ;;
    'atecc certificates --directory') answer='@files' ;;
    'token mint --audience') answer='' ;;
    'token inspect --public-key') answer='@files' ;;
    'send --device') answer='@devices' ;;
    'send --subfolder') answer='' ;;
    'send --ack') answer='stored delivered' ;;
    'send --timeout') answer='' ;;
    'send --rate') answer='' ;;
    'listen --device') answer='@devices' ;;
    'spool list --device') answer='@devices' ;;
    'spool retry --device') answer='@devices' ;;
    'spool discard --device') answer='@devices' ;;
    'check --user') answer='' ;;
    'diag --output') answer='@files' ;;
    'plan --rate') answer='' ;;
    'plan --size') answer='' ;;
    'plan --flash') answer='sd-card emmc industrial ssd' ;;
    'plan --disk') answer='' ;;
    *)
      case $verb in
        '') answer='key atecc token status devices send listen renew spool check diag plan --help --version --config --json' ;;
        'key') answer='create show export test remove --help --config --json' ;;
        'key create') answer='--help --handle --config --json' ;;
        'key show') answer='--help --config --json' ;;
        'key export') answer='--help --format --out --days --common-name --config --json' ;;
        'key test') answer='--help --config --json' ;;
        'key remove') answer='--help --yes --config --json' ;;
        'atecc') answer='scan info config plan write lock-config lock-data lock-slot certificates --help --bus --address --slot --config --json' ;;
        'atecc scan') answer='--help --config --json' ;;
        'atecc info') answer='--help --config --json' ;;
        'atecc config') answer='show --help --config --json' ;;
        'atecc config show') answer='--help --config --json' ;;
        'atecc plan') answer='@files --help --config --json' ;;
        'atecc write') answer='@files --help --commit --config --json' ;;
        'atecc lock-config') answer='@files --help --commit --serial --config --json' ;;
        'atecc lock-data') answer='--help --commit --serial --keep-data --config --json' ;;
        'atecc lock-slot') answer='--help --commit --serial --config --json' ;;
        'atecc certificates') answer='--help --directory --config --json' ;;
        'token') answer='mint inspect --help --config --json' ;;
        'token mint') answer='--help --audience --config --json' ;;
        'token inspect') answer='--help --public-key --config --json' ;;
        'status') answer='--help --watch --config --json' ;;
        'devices') answer='list show attach detach --help --config --json' ;;
        'devices list') answer='--help --config --json' ;;
        'devices show') answer='@devices --help --config --json' ;;
        'devices attach') answer='@devices --help --config --json' ;;
        'devices detach') answer='@devices --help --config --json' ;;
        'send') answer='@files --help --device --subfolder --state --ack --timeout --lines --rate --config --json' ;;
        'listen') answer='--help --device --config --json' ;;
        'renew') answer='--help --config --json' ;;
        'spool') answer='stats audit list show retry discard --help --config --json' ;;
        'spool stats') answer='--help --config --json' ;;
        'spool audit') answer='--help --config --json' ;;
        'spool list') answer='--help --device --config --json' ;;
        'spool show') answer='--help --config --json' ;;
        'spool retry') answer='--help --all --device --config --json' ;;
        'spool discard') answer='--help --all --device --yes --config --json' ;;
        'check') answer='--help --fix --yes --user --config --json' ;;
        'diag') answer='--help --output --anonymise --config --json' ;;
        'plan') answer='--help --rate --size --flash --disk --config --json' ;;
      esac
      ;;
  esac
  COMPREPLY=()
  for word in $answer; do
    case $word in
      @files)
        compopt -o filenames 2>/dev/null
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
        ;;
      @devices)
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$(timeout 2 vouchgate devices list --json 2>/dev/null | grep -o '"device":"[^"]*"' | cut -d '"' -f 4)" -- "$cur")
        ;;
      "$cur"*) COMPREPLY+=("$word") ;;
    esac
  done
}
complete -F _vouchgate vouchgate
