# Completion of vouchgated for bash, generated from its --help by 'ninja -C build/dev regenerate'.
_vouchgated() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' answer='' word
  # --option=value: to readline '=' is a word of its own
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
  case "$verb $prev" in
    *' --config') answer='@files' ;;
    *)
      case $verb in
        '') answer='--help --config --check-config --print-config --version' ;;
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
      "$cur"*) COMPREPLY+=("$word") ;;
    esac
  done
}
complete -F _vouchgated vouchgated
