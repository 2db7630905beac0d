# Completion of vouchgated for fish, generated from its --help by 'ninja -C build/dev regenerate'.
function __vouchgated_at
    set -l verb ''
    test "$verb" = "$argv[1]"
end

complete -c vouchgated -f
complete -c vouchgated -l help -d 'Print this help message and exit'
complete -c vouchgated -l config -r -F -d 'configuration file; conf.d/*.yaml beside it is read as well'
complete -c vouchgated -l check-config -d 'report every mistake in the configuration and exit (1 if there is one)'
complete -c vouchgated -l print-config -d 'print the default configuration with every key explained, and exit'
complete -c vouchgated -n '__vouchgated_at \'\'' -l version -d 'Display program version information and exit'
