#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1: SentencePieceTokenizer does not apply the normaliser that a BPE model carries (nmt_nfkc, which spm_train puts into
# every model unless told otherwise), nor its user-defined symbols. Ids are those of spm_encode for plain text, and others, without an error, for text with a
# ligature, a decomposed accent, a full-width digit or a symbol. The same text through a unigram model of the same corpus gives spm_encode's ids.
#
# Needs the .NET SDK, apt-get and dpkg; Debian 12's sentencepiece 0.1.97-3+b1 is unpacked into a temporary folder. Exits 1 if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

apt-get download -q sentencepiece=0.1.97-3+b1 libsentencepiece0=0.1.97-3+b1 >/dev/null
for package in ./*.deb; do dpkg -x "$package" debian; done
export PATH="$folder/debian/usr/bin:$PATH" LD_LIBRARY_PATH="$folder/debian/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)"

for i in $(seq 1 40); do
    echo "the fine mill turned five times in $((1970 + i)) and the café on the hill was fair <sep> its owner went home"
done > corpus.txt
for type in bpe unigram; do
    spm_train --input=corpus.txt --model_prefix=$type --model_type=$type --vocab_size=90 --hard_vocab_limit=false \
        --user_defined_symbols='<sep>' --num_threads=1 --minloglevel=2 >/dev/null 2>&1
done
printf '%s\n' 'the fine mill' 'the ﬁne mill' $'the cafe\u0301' 'in １９７５' 'the <sep> mill' > texts.txt

cat > finding.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.ML.Tokenizers" Version="2.0.1" /></ItemGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using Microsoft.ML.Tokenizers;
using var model = File.OpenRead(args[0]);
var tokenizer = SentencePieceTokenizer.Create(model, addBeginningOfSentence: false, addEndOfSentence: false);
foreach (var text in File.ReadLines("texts.txt")) Console.WriteLine(string.Join(' ', tokenizer.EncodeToIds(text)));
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null

changed=0
for type in bpe unigram; do
    spm_encode --model=$type.model --output_format=id < texts.txt > spm.txt
    dotnet out/finding.dll $type.model > tokenizers.txt
    echo "== $type: text | spm_encode | SentencePieceTokenizer"
    paste -d'|' texts.txt spm.txt tokenizers.txt
done > seen.txt
cat seen.txt

# Plain text is equal in both kinds; the other four texts differ for bpe.
awk -F'|' '/^== /{kind=$1; n=0; next} {n++; equal=($2==$3); if (kind ~ /bpe/ && (n==1) != equal) bad=1; if (kind ~ /unigram/ && n==1 && !equal) bad=1} END{exit bad}' seen.txt || changed=1
[ $changed = 0 ] && echo "as recorded: a BPE model's normaliser and symbols are left out without a word" || echo "CHANGED: no longer as recorded"
exit $changed
