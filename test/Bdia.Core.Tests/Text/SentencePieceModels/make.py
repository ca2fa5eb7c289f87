# Made the files beside this one: small SentencePiece models of sentences of our own, and what SentencePiece 0.1.97 makes of texts with them.
# /usr/bin/python3 make.py, with Debian's python3-sentencepiece.
import json, random, sentencepiece as s
random.seed(12)
who="the mill|a heron|our neighbour|the old bridge|every lantern|la vieille horloge|le chat noir|der kleine Hund|die Brücke|мельница|старый мост|灯籠|水車".split('|')
what="turns slowly|waits for rain|was painted green|s'arrête à midi|dort près du feu|läuft über die Straße|steht im Nebel|вращается медленно|стоит над рекой|が回る|が光る".split('|')
when="in winter|at 7.30|on 12 May 1987|before dawn|en été|im März|зимой|毎朝|".split('|')
lines=[f"{random.choice(who)} {random.choice(what)} {random.choice(when)}".strip()+random.choice(['.','.','!','?',', she said.']) for _ in range(400)]
open('corpus.txt','w').write('\n'.join(lines))
# ligatures, full width, composed accents, tab and no-break space to a space, upper to lower, a character dropped
rules={'ﬁ':'fi','ｆ':'f','１':'1','e\u0301':'é','u\u0308':'ü','\t':' ','\u00a0':' ','\u3000':' ','\n':' ','T':'t','A':'a','…':'...','\u200b':'','½':'1/2'}
open('rules.tsv','w').write('\n'.join(' '.join(f'{ord(c):X}' for c in k)+'\t'+' '.join(f'{ord(c):X}' for c in v) for k,v in rules.items())+'\n')
common=dict(input='corpus.txt',num_threads=1,minloglevel=2,hard_vocab_limit=False,normalization_rule_tsv='rules.tsv',character_coverage=.98)
models={
 'unigram-t5':dict(model_type='unigram',vocab_size=170,pad_id=0,eos_id=1,unk_id=2,bos_id=-1),
 'unigram-symbols':dict(model_type='unigram',vocab_size=190,user_defined_symbols=['<sep>','mill',' x','the old','▁q'],remove_extra_whitespaces=False),
 'bpe-symbols':dict(model_type='bpe',vocab_size=190,user_defined_symbols=['<sep>','mill',' x','the old','▁q']),
 'bpe-bytes':dict(model_type='bpe',vocab_size=430,byte_fallback=True,split_digits=True,add_dummy_prefix=False,remove_extra_whitespaces=False),
 'unigram-suffix':dict(model_type='unigram',vocab_size=170,treat_whitespace_as_suffix=True,unk_surface='[?]'),
 'char':dict(model_type='char',vocab_size=70,user_defined_symbols=['mill']),
 'word':dict(model_type='word',vocab_size=60),
}
texts=[lines[0],lines[1],"The mill turns slowly","  two  spaces\tand a tab\u00a0","ﬁve lanterns, ｆull of １987…","e\u0301te\u0301 Bru\u0308cke","a <sep>mill<sep> x the oldest windmill ▁quill","中文 unknown 漢字漢字 ☃☃ and 🙂🙂 behind","z","☃","","   ","<unk> </s> <s> <0x41>","1234567890 ½\u200bkg","старый мост　が光る毎朝","the\nheron\r\nwaits","x"*40]
out=[]
for name,o in models.items():
    s.SentencePieceTrainer.train(model_prefix=name,**common,**o)
    sp=s.SentencePieceProcessor(model_file=name+'.model')

    out.append(dict(model=name,texts=[dict(text=t,ids=sp.encode(t),decoded=sp.decode(sp.encode(t))) for t in texts]))
json.dump(out,open('expected.json','w'),ensure_ascii=False,separators=(',',':'))
