# Completion of vouchgate for fish, generated from its --help by 'ninja -C build/dev regenerate'.
function __vouchgate_at
    set -l verb ''
    for word in (commandline -opc)[2..]
        switch "$verb $word"
            case ' key' 'key create' 'key show' 'key export' 'key test' 'key remove' ' token' 'token mint' 'token inspect' ' status' ' devices' 'devices list' 'devices show' 'devices attach' 'devices detach' ' send' ' listen' ' renew' ' spool' 'spool stats' 'spool audit' 'spool list' 'spool show' 'spool retry' 'spool discard' ' check' ' plan'
                set verb (string trim "$verb $word")
        end
    end
    test "$verb" = "$argv[1]"
end

function __vouchgate_devices
    timeout 2 vouchgate devices list --json 2>/dev/null | grep -o '"device":"[^"]*"' | cut -d '"' -f 4
end

complete -c vouchgate -f
complete -c vouchgate -n '__vouchgate_at \'\'' -a key -d 'the gateway\'s private key, which never leaves its holder'
complete -c vouchgate -n '__vouchgate_at \'\'' -a token -d 'JSON Web Tokens, the gateway\'s passwords'
complete -c vouchgate -n '__vouchgate_at \'\'' -a status -d 'session, token, children, spool and last faults of the running daemon'
complete -c vouchgate -n '__vouchgate_at \'\'' -a devices -d 'children of this gateway as the running daemon sees them'
complete -c vouchgate -n '__vouchgate_at \'\'' -a send -d 'a message of a child through the running daemon; waits until delivered'
complete -c vouchgate -n '__vouchgate_at \'\'' -a listen -d 'print a child\'s config and commands as they arrive'
complete -c vouchgate -n '__vouchgate_at \'\'' -a renew -d 'swap the session\'s token now'
complete -c vouchgate -n '__vouchgate_at \'\'' -a spool -d 'the durable queue of the running daemon, and its quarantine'
complete -c vouchgate -n '__vouchgate_at \'\'' -a check -d 'what keeps the gateway from working: key, clock, network, cloud, spool; exit 1 if something failed'
complete -c vouchgate -n '__vouchgate_at \'\'' -a plan -d 'hours without a link, bytes written a day and years of flash at a rate'
complete -c vouchgate -l help -d 'Print this help message and exit'
complete -c vouchgate -n '__vouchgate_at \'\'' -l version -d 'Display program version information and exit'
complete -c vouchgate -l config -r -F -d 'configuration file; conf.d/*.yaml beside it is read as well'
complete -c vouchgate -l json -d 'print JSON'
complete -c vouchgate -n '__vouchgate_at \'key\'' -a create -d 'make the gateway\'s key where key.holder says; never replaces one'
complete -c vouchgate -n '__vouchgate_at \'key\'' -a show -d 'what is at the key\'s place; exit 1 if it is not ours'
complete -c vouchgate -n '__vouchgate_at \'key\'' -a export -d 'print the public key as the cloud\'s registry wants it'
complete -c vouchgate -n '__vouchgate_at \'key\'' -a test -d 'sign once and verify the signature'
complete -c vouchgate -n '__vouchgate_at \'key\'' -a remove -d 'destroy the gateway\'s key; nothing brings it back'
complete -c vouchgate -n '__vouchgate_at \'key create\'' -l handle -x -d 'persistent handle instead of key.tpm.handle, e.g. 0x81000101'
complete -c vouchgate -n '__vouchgate_at \'key export\'' -l format -x -a 'pem x509 der jwk' -d 'pem (in the registry\'s form ES256 or RS256), x509 (a self-signed certificate: ES256_X509 or RS256_X509), der or jwk'
complete -c vouchgate -n '__vouchgate_at \'key export\'' -l out -r -F -d 'file to write; - is standard output'
complete -c vouchgate -n '__vouchgate_at \'key export\'' -l days -x -d 'x509: how long it is valid'
complete -c vouchgate -n '__vouchgate_at \'key export\'' -l common-name -x -d 'x509: instead of cloud.iot_core.gateway'
complete -c vouchgate -n '__vouchgate_at \'key remove\'' -l yes -d 'yes, destroy it'
complete -c vouchgate -n '__vouchgate_at \'token\'' -a mint -d 'sign a token and print it; it is a password until it expires'
complete -c vouchgate -n '__vouchgate_at \'token\'' -a inspect -d 'decode a token, verify it, say how long it lives; exit 0 only if it is good now'
complete -c vouchgate -n '__vouchgate_at \'token mint\'' -l audience -x -d 'instead of token.audience'
complete -c vouchgate -n '__vouchgate_at \'token inspect\'' -l public-key -r -F -d 'PEM public key or certificate instead of the gateway\'s key'
complete -c vouchgate -n '__vouchgate_at \'status\'' -l watch -d 'repaint every second'
complete -c vouchgate -n '__vouchgate_at \'devices\'' -a list -d 'every child: state, local connections, queue'
complete -c vouchgate -n '__vouchgate_at \'devices\'' -a show -d 'one child and its ledger'
complete -c vouchgate -n '__vouchgate_at \'devices\'' -a attach -d 'attach now instead of after the backoff'
complete -c vouchgate -n '__vouchgate_at \'devices\'' -a detach -d 'detach until \'attach\' or a restart; its messages wait'
complete -c vouchgate -n '__vouchgate_at \'devices show\'' -a '(__vouchgate_devices)'
complete -c vouchgate -n '__vouchgate_at \'devices attach\'' -a '(__vouchgate_devices)'
complete -c vouchgate -n '__vouchgate_at \'devices detach\'' -a '(__vouchgate_devices)'
complete -c vouchgate -n '__vouchgate_at \'send\'' -F
complete -c vouchgate -n '__vouchgate_at \'send\'' -l device -x -a '(__vouchgate_devices)' -d 'which child speaks'
complete -c vouchgate -n '__vouchgate_at \'send\'' -l subfolder -x -d 'below events/'
complete -c vouchgate -n '__vouchgate_at \'send\'' -l state -d 'a state instead of an event'
complete -c vouchgate -n '__vouchgate_at \'send\'' -l ack -x -a 'stored delivered' -d 'what to wait for'
complete -c vouchgate -n '__vouchgate_at \'send\'' -l timeout -x -d 'seconds without progress before giving up'
complete -c vouchgate -n '__vouchgate_at \'send\'' -l lines -d 'each line of FILE is a message; prints a summary'
complete -c vouchgate -n '__vouchgate_at \'send\'' -l rate -x -d 'messages a second'
complete -c vouchgate -n '__vouchgate_at \'listen\'' -l device -x -a '(__vouchgate_devices)' -d 'which child listens'
complete -c vouchgate -n '__vouchgate_at \'spool\'' -a stats -d 'state, space and ledger'
complete -c vouchgate -n '__vouchgate_at \'spool\'' -a audit -d 'counts what is on the disk against the ledger'
complete -c vouchgate -n '__vouchgate_at \'spool\'' -a list -d 'messages in quarantine'
complete -c vouchgate -n '__vouchgate_at \'spool\'' -a show -d 'one message in quarantine with its payload'
complete -c vouchgate -n '__vouchgate_at \'spool\'' -a retry -d 'send it again, behind what its device has queued'
complete -c vouchgate -n '__vouchgate_at \'spool\'' -a discard -d 'delete it for good'
complete -c vouchgate -n '__vouchgate_at \'spool list\'' -l device -x -a '(__vouchgate_devices)' -d 'of this device only'
complete -c vouchgate -n '__vouchgate_at \'spool retry\'' -l all -d 'everything in quarantine'
complete -c vouchgate -n '__vouchgate_at \'spool retry\'' -l device -x -a '(__vouchgate_devices)' -d 'with --all: of this device only'
complete -c vouchgate -n '__vouchgate_at \'spool discard\'' -l all -d 'everything in quarantine'
complete -c vouchgate -n '__vouchgate_at \'spool discard\'' -l device -x -a '(__vouchgate_devices)' -d 'with --all: of this device only'
complete -c vouchgate -n '__vouchgate_at \'spool discard\'' -l yes -d 'do not ask'
complete -c vouchgate -n '__vouchgate_at \'check\'' -l fix -d 'mend directories, owners, modes and groups; says first what it will do'
complete -c vouchgate -n '__vouchgate_at \'check\'' -l yes -d 'with --fix: do not ask'
complete -c vouchgate -n '__vouchgate_at \'check\'' -l user -x -d 'the daemon\'s user, if it is not vouchgate'
complete -c vouchgate -n '__vouchgate_at \'plan\'' -l rate -x -d 'messages a second, of all children together'
complete -c vouchgate -n '__vouchgate_at \'plan\'' -l size -x -d 'bytes of payload of one message'
complete -c vouchgate -n '__vouchgate_at \'plan\'' -l flash -x -a 'sd-card emmc industrial ssd' -d 'class of flash: sd-card (SD card for consumers, 500 cycles) emmc (eMMC, MLC, 3000 cycles) industrial (industrial SD card or eMMC in pSLC mode, 20000 cycles) ssd (SSD, TLC, 1000 cycles)'
complete -c vouchgate -n '__vouchgate_at \'plan\'' -l disk -x -d 'size of the flash, e.g. 8GiB, if it is larger than the spool\'s file system'
