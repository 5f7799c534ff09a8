# line.sh - sourced by the benches: how a figure is printed

# line NAME FIGURE UNIT BASELINE BASELINE_IS RATIO [MORE_JSON]
line() {
    jq -nc --arg name "$1" --argjson figure "$2" --arg unit "$3" --argjson baseline "$4" --arg is "$5" \
        --argjson ratio "$6" --argjson more "${7:-{\}}" '
        def short: . * 1000 | round / 1000;
        {$name, figure: ($figure | short), $unit, baseline: ($baseline | short), baseline_is: $is,
         ratio: ($ratio | short)} + $more'
}
